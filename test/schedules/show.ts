/** `npm run show:year`: a year of schedules over 10,000 Credentials, told in a table. */
import { simulateYear } from "./year.ts";

/** Three days, half a day, and ten days on which it is away while most windows are open, and there at night. */
const nights = Array.from({ length: 10 }, (_, day) => [290 + day + 8 / 24, 290 + day + 21 / 24] as const);
const order = {
  credentials: 10_000,
  days: 365,
  failing: 0.02,
  away: [[100, 103] as const, [200, 200.5] as const, ...nights],
};
const year = simulateYear(order);
const hours = (value: number): string => `${value.toFixed(1)} h`;
const lines: readonly (readonly [string, string | number])[] = [
  ["Credentials", order.credentials],
  ["days, the controller away for 3.5 of them, and for ten days by day", order.days],
  ["requests written", year.requests],
  ["of them again after a failure (one rotation of fifty fails)", year.failed],
  ["the same request twice", year.repeated],
  ["begun outside of the window", year.outside],
  ["begun outside of the window because it opens after the vendor's date", year.forExpiry],
  ["missed", year.missed],
  ["from due to begun: median", hours(year.waits[0])],
  ["from due to begun: 99th percentile", hours(year.waits[1])],
  ["from due to begun: most", hours(year.waits[2])],
  ["requests in the busiest minute, nothing piled up", year.busiestQuietMinute],
  ["requests in the busiest minute after an outage", year.busiestMinute],
];
for (const [what, value] of lines) process.stdout.write(`${what.padEnd(70)}${value}\n`);
