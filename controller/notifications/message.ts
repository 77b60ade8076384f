/** The parts of a message as Slack's incoming webhooks take them. Pure. */
export interface Field {
  readonly title: string;
  readonly value: string;
  readonly short: boolean;
}

export function fieldsOf(rows: readonly (readonly [title: string, value: string])[]): Field[] {
  return rows.map(([title, value]) => ({ title, value, short: value.length < 40 }));
}
