/**
 * A writer in a program of its own, for tests: `writer.fixture.ts <root> <path> <prefix> <count> <bytes>` sets `<prefix>0`, `<prefix>1`,
 * … in a dotenv file, one write each, and says so line by line. The reason of a failure is the last line.
 */
import { argv, stdout } from "node:process";
import { isAdapterError } from "../errors.ts";
import { Secret } from "../secret.ts";
import { never, sinkAt } from "./bench.fixture.ts";

const [root = "", path = "", prefix = "", count = "1", bytes = "8"] = argv.slice(2);
const sink = sinkAt(root, path);

try {
  for (let index = 0; index < Number(count); index += 1) {
    await sink.write({ keys: { [`${prefix}${index}`]: Secret.from("x".repeat(Number(bytes))) } }, never);
    stdout.write(`${index}\n`);
  }
} catch (error) {
  stdout.write(isAdapterError(error) ? `${error.name} ${error.reason}\n` : `${String(error)}\n`);
}
