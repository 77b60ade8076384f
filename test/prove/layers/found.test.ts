import { beforeAll, describe, expect, it } from "vitest";
import { testServer } from "../../support/postgres.ts";
import { SERVER_VARIABLE } from "../server.ts";
import { openRunner } from "../sim/runner.ts";
import { FOUND } from "./found.ts";

beforeAll(() => {
  process.env[SERVER_VARIABLE] = JSON.stringify(testServer());
});

describe("what a schedule has found before", () => {
  it.each(FOUND)("$name", async ({ schedule }) => {
    await using runner = await openRunner();
    const { violations, story } = await runner.run(schedule);
    expect(violations, story ?? schedule).toEqual([]);
  });
});
