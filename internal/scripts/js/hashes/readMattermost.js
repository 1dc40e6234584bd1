// SPDX-License-Identifier: MPL-2.0
/* global phcFields, pbkdf2 */
/* exported readMattermost */

// $pbkdf2$f=SHA256,w=<iterations>,l=<length>$<salt>$<key>
function readMattermost(password, stored) {
  const fields = phcFields(stored);
  const digest = fields && fields.name === 'pbkdf2' && /(?:^|,)f=(SHA256|SHA512)(?:,|$)/.exec(fields.text);
  return digest ? pbkdf2(password, digest[1].toLowerCase(), fields.number('w'), fields.salt, fields.key) : [];
}
