import { Card, Stack, Title } from '@mantine/core';
import { type PropsWithChildren, useId } from 'react';

export function Section({ title, children }: PropsWithChildren<{ title: string }>) {
  const id = useId();
  return (
    <Card withBorder component="section" aria-labelledby={id} padding="md">
      <Stack gap="sm">
        <Title order={2} size="h4" id={id}>
          {title}
        </Title>
        {children}
      </Stack>
    </Card>
  );
}

/** What may be wider than a phone, and can then be scrolled by keyboard too. */
export function Wide({ label, children }: PropsWithChildren<{ label: string }>) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- who has no mouse could not scroll it otherwise
    <section className="wide" aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}
