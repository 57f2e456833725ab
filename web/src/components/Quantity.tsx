import { NumberInput, type NumberInputProps } from '@mantine/core';
import { useState } from 'react';
import { MAX_QUANTITY } from '../basket';

type Props = Omit<NumberInputProps, 'value' | 'onChange'> & {
  value: number;
  onChange: (value: number) => void;
};

/** How many of something: at least one. Empty only while somebody types another number. */
export function Quantity({ value, onChange, ...rest }: Props) {
  const [isEmpty, setIsEmpty] = useState(false);
  return (
    <NumberInput
      {...rest}
      min={1}
      max={MAX_QUANTITY}
      allowDecimal={false}
      allowNegative={false}
      value={isEmpty ? '' : value}
      onChange={(typed) => {
        const isNumber = Number(typed) > 0;
        setIsEmpty(!isNumber);
        if (isNumber) onChange(Number(typed));
      }}
      onBlur={() => setIsEmpty(false)}
    />
  );
}
