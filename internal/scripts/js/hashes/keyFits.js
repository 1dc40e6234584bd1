// SPDX-License-Identifier: MPL-2.0
/* exported keyFits */

// What a derived key means: whether deriving it again gives the same. A short one is
// cut off and fits nothing. The work of bcrypt with cost n is 2 ** n.
function keyFits(key, work, derive) {
  const fits = async () => {
    const derived = await derive();
    return derived.length === key.length && require('crypto').timingSafeEqual(derived, key);
  };
  return key.length < 16 ? [] : [{ work, fits }];
}
