// Counts vitest's results: node count.mjs <vitest's JSON report> <exit code of the check> <exit code of the tests>
// Runs on any Node. A failed check, a file that could not be run, and a run that ended badly for no visible reason each count as one.
import { readFileSync } from "node:fs";

const [report, check, tests] = process.argv.slice(2);

function read() {
  try {
    return JSON.parse(readFileSync(report, "utf8")).testResults;
  } catch {
    return [];
  }
}

const files = read();
const results = files.flatMap((file) => file.assertionResults);
const passed = results.filter(({ status }) => status === "passed").length;
const broken = files.filter(
  (file) => file.status === "failed" && !file.assertionResults.some(({ status }) => status === "failed"),
).length;
let failed = results.filter(({ status }) => status === "failed").length + broken;
if (failed === 0 && (tests !== "0" || passed === 0)) failed = 1;
if (check !== "0") failed += 1;

process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
