// SPDX-License-Identifier: MPL-2.0
/* global iterated, phcFields */
/* exported readIterated */

// $iterated-sha256$i=<digests>$<salt>$<key>: a digest of a digest, and so on, the first being
// of password and salt on either side of each other.
function readIterated(password, stored) {
  const fields = phcFields(stored);
  const digest = fields && /^iterated-(md5|sha1|sha256|sha512)$/.exec(fields.name);
  if (!(digest && fields.number('i') >= 1)) {
    return [];
  }
  const { key, salt, number } = fields;
  const orders = [[Buffer.from(password), salt], [salt, Buffer.from(password)]];
  return orders.flatMap((order) => iterated(digest[1], number('i'), Buffer.concat(order), '', key));
}
