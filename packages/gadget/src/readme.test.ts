import { readFileSync } from 'node:fs';
import { mock } from '@gadgetloom/backend-mock';
import { expect, it } from 'vitest';
import { composeStack, describeGadget, formatDescription, parseGadget } from './index.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

/** The text of the README's block in a language; `''` is a block without. */
function block(language: string): string {
  const [, text = ''] =
    new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'm').exec(readme.split('## A gadget in a file')[1]!) ?? [];
  return text;
}

const yaml = block('yaml');
const file = 'scope.yaml';

it('the gadget file of the README is one', async () => {
  const scope = parseGadget(yaml, { file });
  expect(formatDescription(await describeGadget(scope))).toContain('stream.samples');
  const { serial: _, ...functions } = scope.functions;
  await using stack = await composeStack({
    gadget: { ...scope, functions },
    backends: [mock()],
    env: { GADGETLOOM_ENV: 'ci' },
  });
  await stack.enabled();
  expect(stack.controller.speed).toBe('super');
});

it('the errors that the README shows are those that are shown', () => {
  const wrong = yaml.replace('packetSize: 16', 'packetSize: 2048').replace('kernel: acm', 'kernal: acm');
  const shown = block('text').trimEnd().split('\n');
  expect(() => parseGadget(wrong, { file })).toThrow(
    expect.objectContaining({ message: expect.stringContaining(shown[0]!) }),
  );
  expect(() => parseGadget(wrong, { file })).toThrow(shown[1]!.replace(' ...', ''));
});
