/** What a schema cannot know of a schedule: which time zones there are. */
import { isTimeZone } from "../../domain/schedule/window.ts";
import type { Finding } from "./explain.ts";
import { isRecord } from "../shown.ts";

export function timeZoneFindings(spec: unknown): Finding[] {
  const rotation = isRecord(spec) ? spec["rotation"] : undefined;
  const name = isRecord(rotation) ? rotation["timeZone"] : undefined;
  if (typeof name !== "string" || isTimeZone(name)) return [];
  return [
    {
      path: ["spec", "rotation", "timeZone"],
      part: "value",
      code: "UnknownTimeZone",
      message: `${name} is not a time zone`,
      suggestion: "write its IANA name, such as Europe/Vienna",
    },
  ];
}
