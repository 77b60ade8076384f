// Counts vitest's results: node count.mjs <exit code of the check> (<vitest's JSON report> <exit code of its run>)…
// Runs on any Node. A failed check, a file that could not be run, and a run that ended badly for no visible reason each count as one.
// A run that ended well and wrote no report had nothing to run here; only the first must have passed something.
import { existsSync, readFileSync } from "node:fs";

const [check, ...rest] = process.argv.slice(2);

function read(report) {
  try {
    return JSON.parse(readFileSync(report, "utf8")).testResults;
  } catch {
    return [];
  }
}

function count(report, code, mustPass) {
  const files = read(report);
  const results = files.flatMap((file) => file.assertionResults);
  const passed = results.filter(({ status }) => status === "passed").length;
  const broken = files.filter(
    (file) => file.status === "failed" && !file.assertionResults.some(({ status }) => status === "failed"),
  ).length;
  const failed = results.filter(({ status }) => status === "failed").length + broken;
  const isEmpty = passed === 0 && (mustPass || existsSync(report));
  return { passed, failed: failed === 0 && (code !== "0" || isEmpty) ? 1 : failed };
}

let passed = 0;
let failed = check === "0" ? 0 : 1;
for (let index = 0; index < rest.length; index += 2) {
  const counted = count(rest[index], rest[index + 1], index === 0);
  passed += counted.passed;
  failed += counted.failed;
}

process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
