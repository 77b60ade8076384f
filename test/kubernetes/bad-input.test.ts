/** What a cluster can do to Velvet, and where it is tested on a real API server, through the real controller and engine. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const TOLD: readonly (readonly [string, string, string])[] = [
  ["a request for a credential that does not exist", "bad-input", "a request for a credential that does not exist"],
  ["a request for one of another namespace", "bad-input", "a request for a credential of another namespace"],
  ["a request with an unknown flow", "bad-input", "a request with an unknown flow"],
  ["a decision by the wrong user", "admission", "is held to each gate on its own"],
  ["a decision for a finished request", "rotation", "for a request that has ended"],
  ["a decision with a wrong confirmation", "bad-input", "whose confirmation is another credential's name"],
  ["a decision with a stale digest", "bad-input", "with a digest that is not the open gate's"],
  ["a Credential that is edited in the middle of a rotation", "rotation", "when the Credential is edited, and says so"],
  ["a namespace that is deleted in the middle of a rotation", "rotation", "ends well when its namespace is deleted"],
  ["a Secret that is immutable", "consumers", "whose Secret is immutable"],
  ["a Deployment that never becomes ready", "consumers", "whose Deployment never becomes ready"],
  ["an API server that is away for an hour", "hour", "holds up no rotation, and shows afterwards"],
  [
    "an API server that is killed in the middle of a rotation",
    "outage",
    "in the middle of a rotation does not stop it",
  ],
  ["the right to write statuses, taken away", "rights", "to write statuses rotates all the same"],
  ["the right to see the kinds, taken away", "rights", "to see its kinds goes on with what it knows"],
  ["the right to write a consumer's Secret, taken away", "consumers", "whose Secret may not be written any more"],
  ["CRDs of an older version", "definitions", "names the fields that are lost"],
];

it.each(TOLD)("%s is tested in %s, as: %s", (_, file, title) => {
  expect(readFileSync(join(import.meta.dirname, `${file}.kubernetes.test.ts`), "utf8")).toContain(title);
});
