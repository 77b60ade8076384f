import { describe, expect, it } from "vitest";
import { isTimeZone, openingAt, Openings } from "./window.ts";

const OFFICE = { days: ["Mon", "Tue"] as const, start: "09:00", end: "16:00" };

describe("a window", () => {
  it("that goes on is the one that counts", () => {
    // A Monday.
    expect(openingAt(OFFICE, "UTC", "2026-11-30T10:00:00.000Z")).toEqual({
      from: "2026-11-30T09:00:00.000Z",
      to: "2026-11-30T16:00:00.000Z",
    });
  });

  it("that has closed opens on the next of its days", () => {
    expect(openingAt(OFFICE, "UTC", "2026-12-01T16:00:00.000Z").from).toBe("2026-12-07T09:00:00.000Z");
  });

  it("is of its place: nine o'clock in Vienna", () => {
    expect(openingAt(OFFICE, "Europe/Vienna", "2026-11-30T00:00:00.000Z").from).toBe("2026-11-30T08:00:00.000Z");
    expect(openingAt(OFFICE, "Europe/Vienna", "2026-07-06T00:00:00.000Z").from).toBe("2026-07-06T07:00:00.000Z");
    // There it is Monday already.
    expect(openingAt(OFFICE, "Pacific/Auckland", "2026-11-29T20:30:00.000Z").from).toBe("2026-11-29T20:00:00.000Z");
  });

  it("goes on past midnight, and belongs to the day on which it began", () => {
    const night = { days: ["Fri"] as const, start: "22:00", end: "02:00" };
    const opening = { from: "2026-12-04T22:00:00.000Z", to: "2026-12-05T02:00:00.000Z" };
    expect(openingAt(night, "UTC", "2026-12-05T01:59:00.000Z")).toEqual(opening);
    expect(openingAt(night, "UTC", "2026-12-05T02:00:00.000Z").from).toBe("2026-12-11T22:00:00.000Z");
  });

  it("that lies in the hour that summer time skips is an hour later on that day", () => {
    const skipped = { start: "02:10", end: "02:50" };
    // In Vienna 02:00 to 03:00 of 2027-03-28 does not exist.
    const { from, to } = openingAt(skipped, "Europe/Vienna", "2027-03-28T00:30:00.000Z");
    expect([from, to]).toEqual(["2027-03-28T01:10:00.000Z", "2027-03-28T01:50:00.000Z"]);
  });

  it("that lies in the hour that comes twice opens once", () => {
    const twice = { start: "02:10", end: "03:10" };
    const { from, to } = openingAt(twice, "Europe/Vienna", "2026-10-24T23:00:00.000Z");
    expect([from, to]).toEqual(["2026-10-25T00:10:00.000Z", "2026-10-25T02:10:00.000Z"]);
  });

  it("has a time zone that exists, or is refused", () => {
    expect(isTimeZone("Europe/Vienna")).toBe(true);
    expect(isTimeZone("UTC")).toBe(true);
    expect(isTimeZone("Europe/Atlantis")).toBe(false);
    expect(isTimeZone("")).toBe(false);
  });

  it("is one in UTC where the time zone came through that does not exist", () => {
    const at = "2026-11-30T10:00:00.000Z";
    expect(openingAt(OFFICE, "Europe/Atlantis", at)).toEqual(openingAt(OFFICE, "UTC", at));
  });

  it("is told the same from memory, in whichever order it is asked for", () => {
    const openings = new Openings();
    const night = { days: ["Fri", "Sat"] as const, start: "22:00", end: "02:00" };
    const hours = Array.from({ length: 24 * 20 }, (_, hour) => new Date(Date.UTC(2027, 2, 15, hour)).toISOString());
    for (const at of [...hours, ...hours.toReversed(), ...hours.filter((_, index) => index % 7 === 0)]) {
      for (const zone of ["UTC", "Europe/Vienna"]) {
        for (const window of [OFFICE, night]) {
          expect(openings.at(window, zone, at)).toEqual(openingAt(window, zone, at));
        }
      }
    }
  });
});
