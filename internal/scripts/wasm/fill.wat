;; SPDX-License-Identifier: MPL-2.0
;;
;; The compression function of Argon2 (RFC 9106, 3.5 and 3.6), which js/hashes/argon2Key.js carries assembled, in base64:
;; wat2wasm fill.wat -o fill.wasm && base64 -w 0 fill.wasm
(module
  (import "e" "m" (memory 1))

  ;; The function GB on four words of 64 bits, given by their addresses.
  (func $g (param $pa i32) (param $pb i32) (param $pc i32) (param $pd i32)
    (local $a i64) (local $b i64) (local $c i64) (local $d i64)
    (local.set $a (i64.load (local.get $pa)))
    (local.set $b (i64.load (local.get $pb)))
    (local.set $c (i64.load (local.get $pc)))
    (local.set $d (i64.load (local.get $pd)))
    (local.set $a (i64.add (i64.add (local.get $a) (local.get $b))
      (i64.mul (i64.shl (i64.and (local.get $a) (i64.const 0xffffffff)) (i64.const 1))
        (i64.and (local.get $b) (i64.const 0xffffffff)))))
    (local.set $d (i64.rotr (i64.xor (local.get $d) (local.get $a)) (i64.const 32)))
    (local.set $c (i64.add (i64.add (local.get $c) (local.get $d))
      (i64.mul (i64.shl (i64.and (local.get $c) (i64.const 0xffffffff)) (i64.const 1))
        (i64.and (local.get $d) (i64.const 0xffffffff)))))
    (local.set $b (i64.rotr (i64.xor (local.get $b) (local.get $c)) (i64.const 24)))
    (local.set $a (i64.add (i64.add (local.get $a) (local.get $b))
      (i64.mul (i64.shl (i64.and (local.get $a) (i64.const 0xffffffff)) (i64.const 1))
        (i64.and (local.get $b) (i64.const 0xffffffff)))))
    (local.set $d (i64.rotr (i64.xor (local.get $d) (local.get $a)) (i64.const 16)))
    (local.set $c (i64.add (i64.add (local.get $c) (local.get $d))
      (i64.mul (i64.shl (i64.and (local.get $c) (i64.const 0xffffffff)) (i64.const 1))
        (i64.and (local.get $d) (i64.const 0xffffffff)))))
    (local.set $b (i64.rotr (i64.xor (local.get $b) (local.get $c)) (i64.const 63)))
    (i64.store (local.get $pa) (local.get $a))
    (i64.store (local.get $pb) (local.get $b))
    (i64.store (local.get $pc) (local.get $c))
    (i64.store (local.get $pd) (local.get $d)))

  ;; The permutation P on 16 words, which stand in pairs: a row has them 16 bytes apart, a column 128.
  (func $p (param $base i32) (param $stride i32)
    (call $g
      (local.get $base)
      (i32.add (local.get $base) (i32.mul (local.get $stride) (i32.const 2)))
      (i32.add (local.get $base) (i32.mul (local.get $stride) (i32.const 4)))
      (i32.add (local.get $base) (i32.mul (local.get $stride) (i32.const 6))))
    (call $g
      (i32.add (local.get $base) (i32.const 8))
      (i32.add (i32.add (local.get $base) (i32.mul (local.get $stride) (i32.const 2))) (i32.const 8))
      (i32.add (i32.add (local.get $base) (i32.mul (local.get $stride) (i32.const 4))) (i32.const 8))
      (i32.add (i32.add (local.get $base) (i32.mul (local.get $stride) (i32.const 6))) (i32.const 8)))
    (call $g
      (i32.add (local.get $base) (i32.mul (local.get $stride) (i32.const 1)))
      (i32.add (local.get $base) (i32.mul (local.get $stride) (i32.const 3)))
      (i32.add (local.get $base) (i32.mul (local.get $stride) (i32.const 5)))
      (i32.add (local.get $base) (i32.mul (local.get $stride) (i32.const 7))))
    (call $g
      (i32.add (i32.add (local.get $base) (i32.mul (local.get $stride) (i32.const 1))) (i32.const 8))
      (i32.add (i32.add (local.get $base) (i32.mul (local.get $stride) (i32.const 3))) (i32.const 8))
      (i32.add (i32.add (local.get $base) (i32.mul (local.get $stride) (i32.const 5))) (i32.const 8))
      (i32.add (i32.add (local.get $base) (i32.mul (local.get $stride) (i32.const 7))) (i32.const 8)))
    (call $g
      (local.get $base)
      (i32.add (i32.add (local.get $base) (i32.mul (local.get $stride) (i32.const 2))) (i32.const 8))
      (i32.add (local.get $base) (i32.mul (local.get $stride) (i32.const 5)))
      (i32.add (i32.add (local.get $base) (i32.mul (local.get $stride) (i32.const 7))) (i32.const 8)))
    (call $g
      (i32.add (local.get $base) (i32.const 8))
      (i32.add (local.get $base) (i32.mul (local.get $stride) (i32.const 3)))
      (i32.add (i32.add (local.get $base) (i32.mul (local.get $stride) (i32.const 5))) (i32.const 8))
      (i32.add (local.get $base) (i32.mul (local.get $stride) (i32.const 6))))
    (call $g
      (i32.add (local.get $base) (i32.mul (local.get $stride) (i32.const 1)))
      (i32.add (i32.add (local.get $base) (i32.mul (local.get $stride) (i32.const 3))) (i32.const 8))
      (i32.add (local.get $base) (i32.mul (local.get $stride) (i32.const 4)))
      (i32.add (i32.add (local.get $base) (i32.mul (local.get $stride) (i32.const 6))) (i32.const 8)))
    (call $g
      (i32.add (i32.add (local.get $base) (i32.mul (local.get $stride) (i32.const 1))) (i32.const 8))
      (i32.add (local.get $base) (i32.mul (local.get $stride) (i32.const 2)))
      (i32.add (i32.add (local.get $base) (i32.mul (local.get $stride) (i32.const 4))) (i32.const 8))
      (i32.add (local.get $base) (i32.mul (local.get $stride) (i32.const 7)))))

  ;; The block of 1024 bytes at cur becomes the compression of those at prev and ref; with xor, exclusive or what it was.
  ;; At scratch there are 2048 bytes to work in.
  (func (export "f") (param $prev i32) (param $ref i32) (param $cur i32) (param $scratch i32) (param $xor i32)
    (local $i i32) (local $word i64)
    (loop $load
      (local.set $word (i64.xor
        (i64.load (i32.add (local.get $prev) (local.get $i)))
        (i64.load (i32.add (local.get $ref) (local.get $i)))))
      (i64.store (i32.add (local.get $scratch) (local.get $i)) (local.get $word))
      (if (local.get $xor)
        (then (local.set $word (i64.xor (local.get $word) (i64.load (i32.add (local.get $cur) (local.get $i)))))))
      (i64.store offset=1024 (i32.add (local.get $scratch) (local.get $i)) (local.get $word))
      (br_if $load (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 8))) (i32.const 1024))))
    (local.set $i (i32.const 0))
    (loop $rows
      (call $p (i32.add (local.get $scratch) (i32.shl (local.get $i) (i32.const 7))) (i32.const 16))
      (br_if $rows (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 8))))
    (local.set $i (i32.const 0))
    (loop $columns
      (call $p (i32.add (local.get $scratch) (i32.shl (local.get $i) (i32.const 4))) (i32.const 128))
      (br_if $columns (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 8))))
    (local.set $i (i32.const 0))
    (loop $store
      (i64.store (i32.add (local.get $cur) (local.get $i)) (i64.xor
        (i64.load (i32.add (local.get $scratch) (local.get $i)))
        (i64.load offset=1024 (i32.add (local.get $scratch) (local.get $i)))))
      (br_if $store (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 8))) (i32.const 1024))))))
