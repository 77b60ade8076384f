/** A writer in a program of its own, for tests: sets `<prefix>0`, `<prefix>1`, … one write each, and says so line by line. */
import { argv, stdout } from "node:process";
import { Secret } from "../secret.ts";
import { file } from "./file.ts";

const [root = "", path = "", format = "", prefix = "", count = "0"] = argv.slice(2);
const none = () => Secret.from("");
const account = { name: "a", generation: 1, config: { root }, endpoints: [], secret: none, headers: () => ({}) };
const clock = { now: () => new Date(), monotonicMs: () => performance.now() };
const sink = file.connect(account, clock).sink?.({ path, format });

for (let index = 0; index < Number(count); index += 1) {
  const keys = { [`${prefix}${index}`]: Secret.from(`value ${index}`) };
  await sink?.write({ keys }, new AbortController().signal);
  stdout.write(`${index}\n`);
}
