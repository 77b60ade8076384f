import type { Complaint } from "./tree.ts";

/** JSON is nearly a part of YAML: a file that calls itself JSON must also be it, since other readers hold it to that. */
export function jsonComplaints(file: { readonly path: string; readonly text: string }): Complaint[] {
  if (!file.path.endsWith(".json")) return [];
  try {
    JSON.parse(file.text);
    return [];
  } catch {
    // The parser's own message quotes the file.
    return [
      {
        line: 1,
        column: 1,
        code: "InvalidJson",
        message: "the file is not valid JSON",
        suggestion: "or name it .yaml",
      },
    ];
  }
}
