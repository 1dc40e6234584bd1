// SPDX-License-Identifier: MPL-2.0
/* global settings, isText, inTurn, usualHash */
/* exported passwordMatches */

// Compares the password with the user's hash, and returns the meaning of the hash that
// fits, or null. Each reader says what a stored value can mean to it. A hash that
// costs less than new ones, or none at all, costs as much in addition as a new
// one: time does not tell it from those, nor an unknown user from them. What would
// take longer than bcrypt of cost 16 is no hash.
async function passwordMatches(password, user) {
  const readers = {};
  const text = isText(password, 10000) ? password : ' ';
  const read = (stored, salt) => (isText(stored, 1024) ? Object.entries(readers) : [])
    .flatMap(([format, reader]) => reader(text, stored, salt, format).map((meaning) => ({ ...meaning, format })))
    .filter(({ work }) => work <= 65536);
  const works = (list) => list.reduce((sum, { work }) => sum + work, 0);
  const known = user ? read(user.password, user.password_salt || '') : [];
  let dummy = read(settings.dummyHash, 'salt');
  // if legacy:
  const usual = usualHash(user, works(known));
  dummy = read(usual.password, usual.password_salt || 'salt');
  // end
  let match = null;
  for (const meaning of works(known) < works(dummy) ? [...dummy, ...known] : known) {
    if (await inTurn(meaning.work, meaning.fits) && known.includes(meaning)) {
      match = meaning;
    }
  }
  return text === password ? match : null;
}
