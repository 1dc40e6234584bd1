// SPDX-License-Identifier: MPL-2.0
/* exported orNobody */

// What is asked by an id, or that nobody can have it: the column takes no such text.
async function orNobody(asking, nobody) {
  // if rpc:
  try {
    return await asking;
  } catch (error) {
    if (['22P02', '22003'].includes(error.code)) { // invalid_text_representation, numeric_value_out_of_range
      return nobody.users || nobody;
    }
    throw error;
  }
  // end
  return asking; // if web_service
}
