import { Button, Card, Group, NumberInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { client } from '../api/client';
import { Problem } from '../api/problem';
import type { components } from '../api/schema';
import { fieldOf } from '../components/delivery';
import { LinkTo } from '../components/links';
import { Refused } from '../components/states';
import { digitsOf, moneyText } from '../format';
import { type Payment, refetch } from '../queries';
import { strings } from '../strings';
import { useKeyed } from './keyed';

const { office } = strings;
const { payments: text } = office;
const ACCEPTED = 202;

/** A payment in short, and what of it can be given back. */
export function Refund({ payment }: { payment: Payment }) {
  const { id, amount, refunded, status } = payment;
  return (
    <Card withBorder>
      <Stack gap="sm">
        <Title order={2} size="h4">
          {strings.orders.payment}
        </Title>
        <LinkTo to="/office/payments/$id" params={{ id }}>
          {office.order.charged(moneyText(amount), strings.orders.payments[status])}
          {refunded.amount > 0 && ` (${strings.orders.refunded(moneyText(refunded))})`}
        </LinkTo>
        <RefundForm payment={payment} />
      </Stack>
    </Card>
  );
}

/** Nothing where nothing can be given back. */
export function RefundForm({ payment }: { payment: Payment }) {
  const { amount, refunded, status } = payment;
  const canRefund = status === 'captured' || status === 'partially_refunded';
  return canRefund && amount.amount > refunded.amount ? <Form payment={payment} /> : null;
}

function Form({ payment: { id, amount, refunded } }: { payment: Payment }) {
  const { currency } = amount;
  const digits = digitsOf(currency);
  const left = amount.amount - refunded.amount;
  const whole = left / 10 ** digits;
  // What is left is offered, until somebody says otherwise; after each refund anew.
  const [offered, setOffered] = useState(left);
  const [value, setValue] = useState<number | string>(whole);
  if (offered !== left) {
    setOffered(left);
    setValue(whole);
  }
  const send = useKeyed((header, body: components['schemas']['RefundPayment']) =>
    client.POST('/api/v1/payments/{id}/refund', { params: { path: { id }, header }, body }),
  );
  const { mutate, data, error, isPending } = useMutation({
    mutationFn: send,
    // It may not be seen yet: who wants to give back more has to say how much.
    onSuccess: ({ response }) => response.status === ACCEPTED && setValue(''),
    onSettled: () => refetch('office', 'order', 'orders'),
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const reason = fieldOf(new FormData(event.currentTarget), 'reason');
    mutate({ amount: money, ...(reason ? { reason } : {}) });
  };
  const money = { amount: Math.round(Number(value) * 10 ** digits), currency };
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <Group align="start">
          <NumberInput
            label={text.refundAmount(currency)}
            description={text.refundHint(moneyText({ amount: left, currency }))}
            inputWrapperOrder={['label', 'input', 'description', 'error']}
            value={value}
            onChange={setValue}
            min={1 / 10 ** digits}
            max={whole}
            decimalScale={digits}
            fixedDecimalScale
            hideControls
            w={190}
            required
          />
          <TextInput
            key={left}
            name="reason"
            label={office.reason}
            description={text.reasonHint}
            inputWrapperOrder={['label', 'input', 'description', 'error']}
            maxLength={200}
          />
        </Group>
        <Refused problem={error && Problem.of(error)} />
        <Group>
          <Button type="submit" loading={isPending}>
            {money.amount > 0 ? text.refundOf(moneyText(money)) : text.refund}
          </Button>
          <Text role="status" size="sm">
            {data?.response.status === ACCEPTED && !isPending ? text.refundLater : ''}
          </Text>
        </Group>
      </Stack>
    </form>
  );
}
