/** The YAML library is imported only by who asks for YAML: every other command starts without it. */
export async function yamlText(value: unknown): Promise<string> {
  const { stringify } = await import("yaml");
  // Through JSON, so that both forms hold the same: nothing undefined, no anchors for what is named twice.
  return stringify(JSON.parse(JSON.stringify(value)), { lineWidth: 0, aliasDuplicateObjects: false });
}
