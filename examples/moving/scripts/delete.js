function remove(id, callback) {
  // The script that the connection has today.
  callback(new Error("Replace this file by your script."));
}
