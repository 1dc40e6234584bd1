// SPDX-License-Identifier: MPL-2.0
/* exported argon2Key */

// The key of Argon2 (RFC 9106), the type being 0 for 2d, 1 for 2i and 2 for 2id and memory in
// KiB. Runs in a thread of its own. What takes the time is in WebAssembly, whose source is
// wasm/fill.wat; the lanes are computed one after the other.
function argon2Key(type, version, memory, passes, lanes, salt, length, password) {
  const wasm = 'AGFzbQEAAAABFQNgBH9/f38AYAJ/fwBgBX9/f39/AAIIAQFlAW0CAAEDBAMAAQIHBQEBZgACCsoFA9wBAQR+IAApAwAhBCABKQMA'
    + 'IQUgAikDACEGIAMpAwAhByAEIAV8IARC/////w+DQgGGIAVC/////w+DfnwhBCAHIASFQiCKIQcgBiAHfCAGQv////8Pg0IBhiAH'
    + 'Qv////8Pg358IQYgBSAGhUIYiiEFIAQgBXwgBEL/////D4NCAYYgBUL/////D4N+fCEEIAcgBIVCEIohByAGIAd8IAZC/////w+D'
    + 'QgGGIAdC/////w+DfnwhBiAFIAaFQj+KIQUgACAENwMAIAEgBTcDACACIAY3AwAgAyAHNwMAC6oCACAAIAAgAUECbGogACABQQRs'
    + 'aiAAIAFBBmxqEAAgAEEIaiAAIAFBAmxqQQhqIAAgAUEEbGpBCGogACABQQZsakEIahAAIAAgAUEBbGogACABQQNsaiAAIAFBBWxq'
    + 'IAAgAUEHbGoQACAAIAFBAWxqQQhqIAAgAUEDbGpBCGogACABQQVsakEIaiAAIAFBB2xqQQhqEAAgACAAIAFBAmxqQQhqIAAgAUEF'
    + 'bGogACABQQdsakEIahAAIABBCGogACABQQNsaiAAIAFBBWxqQQhqIAAgAUEGbGoQACAAIAFBAWxqIAAgAUEDbGpBCGogACABQQRs'
    + 'aiAAIAFBBmxqQQhqEAAgACABQQFsakEIaiAAIAFBAmxqIAAgAUEEbGpBCGogACABQQdsahAAC70BAgF/AX4DQCAAIAVqKQMAIAEg'
    + 'BWopAwCFIQYgAyAFaiAGNwMAIAQEQCAGIAIgBWopAwCFIQYLIAMgBWogBjcDgAggBUEIaiIFQYAISQ0AC0EAIQUDQCADIAVBB3Rq'
    + 'QRAQASAFQQFqIgVBCEkNAAtBACEFA0AgAyAFQQR0akGAARABIAVBAWoiBUEISQ0AC0EAIQUDQCACIAVqIAMgBWopAwAgAyAFaikD'
    + 'gAiFNwMAIAVBCGoiBUGACEkNAAsL';
  const word = (value) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return bytes;
  };
  // BLAKE2b (RFC 7693) with a result of that many bytes; Node has only the one of 64.
  const blake2b = (size, ...parts) => {
    const input = Buffer.concat(parts.map((part) => Buffer.from(part)));
    if (size === 64) {
      return require('crypto').createHash('blake2b512').update(input).digest();
    }
    const mask = (1n << 64n) - 1n;
    const start = ['6a09e667f3bcc908', 'bb67ae8584caa73b', '3c6ef372fe94f82b', 'a54ff53a5f1d36f1', '510e527fade682d1',
      '9b05688c2b3e6c1f', '1f83d9abfb41bd6b', '5be0cd19137e2179'].map((hex) => BigInt(`0x${hex}`));
    const orders = ['0123456789abcdef', 'ea489fd61c02b753', 'b8c052fdae367194', '7931dcbe265a40f8', '905724afe1bc683d',
      '2c6a0b834d75fe19', 'c51fed4a0763928b', 'db7ec13950f4862a', '6fe9b308c2d714a5', 'a2847615fb9e3cd0'];
    const state = [...start];
    state[0] ^= 0x01010000n ^ BigInt(size);
    for (let at = 0; at < Math.max(input.length, 1); at += 128) {
      const block = Buffer.alloc(128);
      input.copy(block, 0, at);
      const message = Array.from({ length: 16 }, (_, i) => block.readBigUInt64LE(8 * i));
      const v = [...state, ...start];
      v[12] ^= BigInt(Math.min(at + 128, input.length));
      v[14] ^= at + 128 >= input.length ? mask : 0n;
      const turn = (x, y, bits) => {
        const value = v[x] ^ v[y];
        v[x] = ((value >> bits) | (value << (64n - bits))) & mask;
      };
      for (let round = 0; round < 12; round += 1) {
        const order = Array.from(orders[round % 10], (digit) => message[parseInt(digit, 16)]);
        ['048c', '159d', '26ae', '37bf', '05af', '16bc', '278d', '349e'].forEach((quad, i) => {
          const [a, b, c, d] = Array.from(quad, (digit) => parseInt(digit, 16));
          v[a] = (v[a] + v[b] + order[2 * i]) & mask;
          turn(d, a, 32n);
          v[c] = (v[c] + v[d]) & mask;
          turn(b, c, 24n);
          v[a] = (v[a] + v[b] + order[2 * i + 1]) & mask;
          turn(d, a, 16n);
          v[c] = (v[c] + v[d]) & mask;
          turn(b, c, 63n);
        });
      }
      state.forEach((_, i) => { state[i] ^= v[i] ^ v[i + 8]; });
    }
    const output = Buffer.alloc(64);
    state.forEach((value, i) => output.writeBigUInt64LE(value, 8 * i));
    return output.subarray(0, size);
  };
  const long = (size, ...parts) => {
    if (size <= 64) {
      return blake2b(size, word(size), ...parts);
    }
    const pieces = [];
    let last = blake2b(64, word(size), ...parts);
    let left = size;
    for (; left > 64; left -= 32) {
      pieces.push(last.subarray(0, 32));
      last = blake2b(Math.min(left - 32, 64), last);
    }
    return Buffer.concat([...pieces, last]);
  };
  const high = (x, y) => { // the upper 32 bits of a product
    const [a, b, c, d] = [x >>> 16, x & 65535, y >>> 16, y & 65535];
    return a * c + Math.floor((a * d + b * c + Math.floor((b * d) / 65536)) / 65536);
  };

  const segment = Math.floor(memory / (4 * lanes));
  const lane = 4 * segment;
  const spare = lane * lanes * 1024; // behind the blocks: nothing, what addresses are made from, they, and space to work in
  const m = new WebAssembly.Memory({ initial: Math.ceil((spare + 5 * 1024) / 65536) });
  const { f } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(wasm, 'base64')), { e: { m } }).exports;
  const bytes = Buffer.from(m.buffer);
  const words = new Uint32Array(m.buffer);
  const [nothing, source, addresses, scratch] = [0, 1, 2, 3].map((i) => spare + 1024 * i);

  const secret = Buffer.from(password);
  const seed = blake2b(64, ...[lanes, length, memory, passes, version, type, secret.length].map(word), secret,
    word(salt.length), salt, word(0), word(0));
  for (let l = 0; l < lanes; l += 1) {
    long(1024, seed, word(0), word(l)).copy(bytes, l * lane * 1024);
    long(1024, seed, word(1), word(l)).copy(bytes, (l * lane + 1) * 1024);
  }
  for (let pass = 0; pass < passes; pass += 1) {
    for (let slice = 0; slice < 4; slice += 1) {
      for (let l = 0; l < lanes; l += 1) {
        const addressed = type === 1 || (type === 2 && pass === 0 && slice < 2);
        const first = pass === 0 && slice === 0 ? 2 : 0;
        for (let i = first; i < segment; i += 1) {
          if (addressed && (i === first || i % 128 === 0)) {
            [pass, l, slice, lane * lanes, passes, type, Math.floor(i / 128) + 1].forEach((value, n) => {
              words[source / 4 + 2 * n] = value;
            });
            f(nothing, source, addresses, scratch, 0);
            f(nothing, addresses, addresses, scratch, 0);
          }
          const at = slice * segment + i;
          const before = l * lane + (at + lane - 1) % lane;
          const pseudo = addressed ? addresses / 4 + 2 * (i % 128) : before * 256;
          const other = pass === 0 && slice === 0 ? l : words[pseudo + 1] % lanes;
          const done = pass === 0 ? slice * segment : lane - segment;
          const area = other === l ? done + i - 1 : done - (i === 0 ? 1 : 0);
          const back = high(area, high(words[pseudo], words[pseudo]));
          const from = pass === 0 ? 0 : (slice + 1) * segment;
          const reference = other * lane + (from + area - 1 - back) % lane;
          f(before * 1024, reference * 1024, (l * lane + at) * 1024, scratch, pass > 0 && version === 19 ? 1 : 0);
        }
      }
    }
  }
  const end = Buffer.alloc(1024);
  for (let l = 0; l < lanes; l += 1) {
    const last = bytes.subarray(((l + 1) * lane - 1) * 1024, (l + 1) * lane * 1024);
    end.forEach((byte, i) => { end[i] = byte ^ last[i]; });
  }
  return long(length, end);
}
