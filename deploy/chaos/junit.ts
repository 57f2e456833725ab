import type { Report } from './report.js';

/** The report as JUnit's XML, which Jenkins and others show as tests. */
export function junit({ task, cases, violations, seconds }: Report): string {
  const suite = task === 'kill' ? 'chaos' : 'rolling update';
  const settled = {
    name: 'carried out, and every order has one answer afterwards',
    failure: violations.join('; ') || null,
  };
  const all = [...cases, settled];
  const lines = all.map(({ name, failure }) => {
    const start = `    <testcase classname="${suite}" name="${escaped(name)}"`;
    return failure === null ? `${start}/>` : `${start}><failure message="${escaped(failure)}"/></testcase>`;
  });
  const failures = all.filter(({ failure }) => failure !== null).length;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites>',
    `  <testsuite name="${suite}" tests="${all.length}" failures="${failures}" time="${seconds}">`,
    ...lines,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function escaped(text: string): string {
  return (
    text
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      // XML 1.0 has no place for these, not even escaped.
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, ' ')
  );
}
