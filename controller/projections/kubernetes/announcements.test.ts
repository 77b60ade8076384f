import { expect, it } from "vitest";
import { announcementsOf } from "./announcements.ts";
import { openSubjects } from "./subjects.ts";

const gate = { for: "gate", about: "Revoke", since: "2026-11-27T08:00:00.000Z" };
const waiting = { conditions: [{ type: "Ready", status: "False", reason: "Validated", message: "The gate waits." }] };
const reminded = (count: number, more: object = {}) => ({ ...waiting, reminders: [{ ...gate, count, ...more }] });

function subjectWith(status: unknown) {
  const subjects = openSubjects();
  const metadata = { name: "once", namespace: "orders", uid: "u1", resourceVersion: "1" };
  subjects.seen("RotationRequest", { apiVersion: "v", kind: "RotationRequest", metadata, status });
  const subject = subjects.get("RotationRequest/orders/once");
  if (!subject) throw new Error("it was not seen");
  return subject;
}

it("each reminder is an Event of its own, and the one that was told aloud says so", () => {
  expect(announcementsOf(subjectWith(waiting), reminded(1))).toEqual([
    {
      type: "Warning",
      reason: "PersonReminded",
      note: "A person is waited for: gate (Revoke) since 2026-11-27T08:00:00.000Z, reminded once.",
    },
  ]);
  expect(announcementsOf(subjectWith(reminded(1)), reminded(2))).toMatchObject([
    { reason: "PersonReminded", note: expect.stringContaining("reminded 2 times") },
  ]);
  const aloud = reminded(2, { escalatedAt: "2026-11-30T08:00:00.000Z" });
  expect(announcementsOf(subjectWith(reminded(2)), aloud)).toMatchObject([{ reason: "PersonOverdue" }]);
});

it("whoever takes over says no reminder twice, and an answer is no Event", () => {
  expect(announcementsOf(subjectWith(reminded(2)), reminded(2))).toEqual([]);
  expect(announcementsOf(subjectWith(reminded(2)), waiting)).toEqual([]);
});

it("what is no reminder in a status that somebody else wrote is read as none", () => {
  for (const reminders of [7, [null], [{ ...gate }], [{ ...gate, count: "2" }]]) {
    expect(subjectWith({ ...waiting, reminders }).reminders).toBeUndefined();
  }
});
