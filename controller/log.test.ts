import { describe, expect, it } from "vitest";
import { Secret } from "../adapters/secret.ts";
import { openLog } from "./log.ts";

function lines(isTTY: boolean, level: "debug" | "info" = "info") {
  const written: string[] = [];
  const log = openLog({ level, stream: { isTTY, write: (text) => written.push(text) } });
  return { log, written };
}

describe("the log", () => {
  it("writes JSON for programs", () => {
    const { log, written } = lines(false);
    log.info({ rotation: "r1" }, "verified");
    expect(JSON.parse(written.join(""))).toEqual({
      level: "info",
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      rotation: "r1",
      msg: "verified",
    });
  });

  it("keeps quiet below its level", () => {
    const { log, written } = lines(false);
    log.debug({}, "detail");
    expect(written).toEqual([]);
  });

  it("writes one plain line for a person, whatever the message holds", () => {
    const { log, written } = lines(true);
    log.warn({ consumer: "orders app", tries: 2 }, "check failed\n\u001b[2Jfake line");
    expect(written).toHaveLength(1);
    expect(written[0]).toMatch(/check failed fake line .*consumer="orders app" tries=2/);
    expect(written[0]?.match(/\n/g)).toHaveLength(1);
    expect(written[0]).not.toContain("\u001b[2J");
  });

  it("never shows a secret, however it is given", () => {
    const secret = Secret.from("canary-value");
    const error = Object.assign(new Error("refused"), { query: "canary-value", cause: new Error("canary-value") });
    for (const tty of [true, false]) {
      const { log, written } = lines(tty);
      log.error({ secret, list: [secret], err: error }, "failed");
      expect(written.join("")).toContain("refused");
      expect(written.join("")).not.toContain("canary-value");
    }
  });

  it("shows an error's remedy instead of its stack", () => {
    const { log, written } = lines(true);
    log.error({ err: Object.assign(new Error("no ledger"), { remedy: "Start Postgres." }) }, "not started");
    expect(written.join("")).toContain("not started: no ledger: Start Postgres.");
    expect(written.join("")).not.toContain("at ");
  });
});
