/** A whole controller on a repository of many credentials; prints its peak memory when the first sync is done and a rotation ran. */
import { randomBytes } from "node:crypto";
import { homedir } from "node:os";
import { readConfig } from "../controller/config.ts";
import { openLog } from "../controller/log.ts";
import { runController } from "../controller/main.ts";

const stopping = new AbortController();
process.once("disconnect", () => stopping.abort());
process.on("message", () => {
  process.send?.({ maxRssKiB: process.resourceUsage().maxRSS, rssKiB: Math.round(process.memoryUsage().rss / 1_024) });
});
await runController({
  config: readConfig(process.env, { root: process.getuid?.() === 0, home: homedir() }),
  environment: process.env,
  log: openLog({ level: "warn", stream: process.stderr, json: true }),
  clock: { now: () => new Date(), monotonicMs: () => performance.now() },
  random: randomBytes,
  stop: stopping.signal,
});
