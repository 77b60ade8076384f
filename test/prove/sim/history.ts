/** What happened, in order, for a person. */
import type { Told } from "./verdict.ts";
import { BEGINNING } from "./clock.ts";

export function storyText({ telling, fake, agenda }: Told): string {
  const lines: string[] = [];
  const notes = [...telling.happenings];
  const at = (time: number): string => `+${((time - BEGINNING) / 1000).toFixed(1)}s`.padStart(10);
  fake.history.forEach((deed, index) => {
    while (notes[0] && notes[0].deeds <= index) {
      const note = notes.shift();
      if (note) lines.push(`${at(note.at)} ${note.who} ${JSON.stringify(note.what)}`);
    }
    lines.push(`${at(deed.at)} ${deed.by ?? ""} ${deed.label} ${deed.target} ${deed.outcome} ${deed.note ?? ""}`);
  });
  for (const note of notes) lines.push(`${at(note.at)} ${note.who} ${JSON.stringify(note.what)}`);
  lines.push(...telling.logged, JSON.stringify(agenda));
  return lines.join("\n");
}
