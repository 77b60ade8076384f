import { expect, it } from "vitest";
import { kindsOf } from "./kinds-of-blocks.ts";

const WITH = { description: "A zone. Example: `{ zone: a }`." };
const WITHOUT = { description: "A zone." };

it("reads the example of each kind", () => {
  expect(kindsOf({ name: "acme", blocks: { sink: WITH } }, "sink")).toEqual([{ kind: "", config: { zone: "a" } }]);
  const issuer = { maxProperties: 1, properties: { key: WITH } };
  expect(kindsOf({ name: "acme", blocks: { issuer } }, "issuer")).toEqual([
    { kind: "key", config: { key: { zone: "a" } } },
  ]);
  expect(kindsOf({ name: "acme", blocks: {} }, "issuer")).toEqual([]);
});

it("names the file and the block where an example is missing", () => {
  expect(() => kindsOf({ name: "acme", blocks: { sink: WITHOUT } }, "sink")).toThrow(
    'adapters/acme/config.schema.yaml, sink: the description has no "Example: `…`"',
  );
  const issuer = { maxProperties: 1, properties: { key: WITH, token: WITHOUT } };
  expect(() => kindsOf({ name: "acme", blocks: { issuer } }, "issuer")).toThrow(
    "adapters/acme/config.schema.yaml, issuer.properties.token: ",
  );
});
