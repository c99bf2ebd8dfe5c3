// Runs in the folder of the npm package fhir: validates bundles against the definitions of FHIR R4.
// One JSON bundle a line comes in; for each goes out a line with the errors that were found.
const { Fhir } = require("fhir");
const lines = require("node:readline").createInterface({ input: process.stdin });
const fhir = new Fhir();
lines.on("line", (line) => {
  const found = fhir.validate(JSON.parse(line), { errorOnUnexpected: true }).messages;
  const errors = found.filter((m) => m.severity === "error" || m.severity === "fatal");
  process.stdout.write(JSON.stringify(errors.map((m) => `${m.location}: ${m.message}`)) + "\n");
});
