import { setImmediate as turn } from "node:timers/promises";
import { expect, it } from "vitest";
import { sinkConformance } from "../conformance/sink.ts";
import { Secret } from "../secret.ts";
import { BLOCK, newWorld, opened } from "./bench.fixture.ts";

sinkConformance({
  name: "kubernetes",
  values: ["", "line\nline\n", "\u0000\u0001"],
  make: async () => {
    const world = await newWorld();
    const { namespace, secret } = BLOCK;
    return {
      sink: world.sink(),
      other: () => world.sink(),
      plant: async (values) => world.vendor.plant(namespace, secret, values),
      peek: async () => {
        await turn();
        return world.vendor.peek(namespace, secret);
      },
      stamp: async () => String(world.vendor.secrets.all.get(`${namespace}/${secret}`)?.version ?? ""),
      [Symbol.asyncDispose]: async () => world[Symbol.asyncDispose](),
    };
  },
});

it("keeps bytes that are no text", async () => {
  await using world = await newWorld();
  const bytes = Secret.from(Uint8Array.of(0xff, 0xfe, 0));
  await world.sink().write({ keys: { KEY: bytes } }, new AbortController().signal);
  const seen = await world.sink().observe(["KEY"], new AbortController().signal);
  expect(seen.keys["KEY"]?.value?.equals(bytes)).toBe(true);
});

it("was asked for nothing that an API server does not have", () => {
  expect(opened.flatMap(({ strays }) => strays)).toEqual([]);
});
