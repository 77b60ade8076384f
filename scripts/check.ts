/** Everything that must hold before a commit but the tests; all checks run side by side, and all that fail are shown. */
import { spawn } from "node:child_process";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const BIN = join(ROOT, "node_modules", ".bin");

interface Check {
  readonly name: string;
  readonly command: readonly [program: string, ...args: string[]];
  /** What a person does when it fails. */
  readonly mend: string;
}

const CHECKS: readonly Check[] = [
  {
    name: "generated files",
    command: [process.execPath, "scripts/generate.ts", "--check"],
    mend: "npm run generate, and commit the result",
  },
  { name: "types", command: [join(BIN, "tsc"), "-p", "."], mend: "mend what tsc names" },
  { name: "lint", command: [join(BIN, "oxlint")], mend: "mend what oxlint names; npx oxlint --fix does some of it" },
  { name: "format", command: [join(BIN, "oxfmt"), "--check", "."], mend: "npm run format" },
];

async function run({ command: [program, ...args] }: Check): Promise<{ code: number; said: string }> {
  const env = { ...process.env, PATH: `${BIN}${delimiter}${process.env["PATH"] ?? ""}` };
  const child = spawn(program, args, { cwd: ROOT, env, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  return new Promise((resolve) => {
    child.on("error", (error) => resolve({ code: 1, said: error.message }));
    child.on("close", (code) => resolve({ code: code ?? 1, said }));
  });
}

async function main(): Promise<number> {
  const results = await Promise.all(CHECKS.map(async (check) => ({ check, ...(await run(check)) })));
  for (const { check, code, said } of results) {
    console.log(`${code === 0 ? "ok    " : "FAILED"}  ${check.name}`);
    if (code !== 0) console.log(`\n${said.trim()}\n\n  → ${check.mend}\n`);
  }
  return results.some(({ code }) => code !== 0) ? 1 : 0;
}

process.exitCode = await main();
