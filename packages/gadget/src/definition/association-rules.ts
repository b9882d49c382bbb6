import type { GadgetDefinition, ProgramFunction } from './definition.ts';
import { interfacesOf, isUsedFunction } from './gadget-parts.ts';
import { placesOf } from './interface-numbers.ts';
import type { Problem } from './problem.ts';
import { settingClass } from './setting-class.ts';

/**
 * Returns the problems of the interface association of a function. FunctionFS writes the same association into every
 * configuration, with the number of the first interface as it is (f_fs.c, __ffs_func_bind_do_nums).
 */
export function associationProblems(gadget: GadgetDefinition, name: string, definition: ProgramFunction): Problem[] {
  const { association } = definition;
  if (association === undefined) return [];
  const path = ['functions', name, 'association'];
  const problem = (message: string): Problem => ({ path, at: 'key', message });
  const places = placesOf(gadget, name);
  const problems: Problem[] = [];
  const unknown = places.find(({ firstInterface }) => firstInterface === undefined);
  // Functions of modules are counted when their modules are loaded; the definition is checked again then.
  if (unknown !== undefined && !Object.values(gadget.functions).some(isUsedFunction))
    problems.push(
      problem(
        `function "${name}" has an association, and the number of its first interface in configuration ` +
          `"${unknown.label}" is not known, because a function before it has none. Put "${name}" first.`,
      ),
    );
  const [first, ...others] = places.filter(({ firstInterface }) => firstInterface !== undefined);
  const other = others.find(({ firstInterface }) => firstInterface !== first?.firstInterface);
  if (first !== undefined && other !== undefined)
    problems.push(
      problem(
        `function "${name}" has an association, and its first interface is ${first.firstInterface} in configuration ` +
          `"${first.label}" and ${other.firstInterface} in "${other.label}". FunctionFS writes one number into both ` +
          `(f_fs.c). Put "${name}" at the same place in both, for example first.`,
      ),
    );
  const [outer] = interfacesOf(definition);
  if (outer !== undefined && Number(association.class ?? settingClass(outer.definition, outer.definition).class) === 0)
    problems.push({
      path: association.class === undefined ? path : [...path, 'class'],
      at: 'value',
      message: `the association of function "${name}" has the class 0, which is not allowed (USB 3.2, table 9-16).`,
    });
  return problems;
}
