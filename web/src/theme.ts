import {
  Anchor,
  Badge,
  createTheme,
  type CSSVariablesResolver,
  type MantineColorsTuple,
} from '@mantine/core';

const harbour: MantineColorsTuple = [
  '#eef6fa',
  '#dce9f0',
  '#b5d1e0',
  '#8bb9d1',
  '#6aa4c4',
  '#5598bc',
  '#3f83a9',
  '#2f7096',
  '#23597a',
  '#17445f',
];

export const theme = createTheme({
  colors: { harbour },
  primaryColor: 'harbour',
  primaryShade: { light: 8, dark: 7 },
  defaultRadius: 'md',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif',
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Anchor: Anchor.extend({ defaultProps: { underline: 'always' } }),
    // Mantine's own, of the colour of the badge, is too faint on it.
    Badge: Badge.extend({ styles: { label: { color: 'var(--mantine-color-text)' } } }),
  },
});

/** Mantine's quiet text is too faint to be read by everybody (WCAG AA asks for 4.5 to 1). */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#5a626a',
    '--mantine-color-placeholder': '#6b737b',
    '--mantine-color-error': '#c92a2a',
  },
  dark: {
    '--mantine-color-dimmed': '#b0b4b9',
    '--mantine-color-placeholder': '#9ba0a6',
    '--mantine-color-error': '#ff8787',
    '--mantine-color-anchor': '#8bb9d1',
  },
});
