/** Durations as manifests write them: in one place for the adapters and the controller. Pure. */
const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** Milliseconds of a duration such as `90s`, `1h30m` or `90d`. Throws on anything else: the schema has checked it before. */
export function durationMs(text: string): number {
  if (!/^(\d+(ms|s|m|h|d|w))+$/.test(text)) throw new RangeError(`not a duration: ${text}`);
  let total = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|[smhdw])/g))
    total += Number(count) * (UNIT_MS[unit ?? ""] ?? 0);
  return total;
}
