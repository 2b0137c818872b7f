package io.confluent.ksql.util;

import java.util.Arrays;
import java.util.Objects;

/** Five arguments: an aggregate function takes no more. Any of them may be null. */
public class Quintuple<T1, T2, T3, T4, T5> {
    public final T1 first;
    public final T2 second;
    public final T3 third;
    public final T4 fourth;
    public final T5 fifth;

    public Quintuple(T1 first, T2 second, T3 third, T4 fourth, T5 fifth) {
        this.first = first;
        this.second = second;
        this.third = third;
        this.fourth = fourth;
        this.fifth = fifth;
    }

    public static <T1, T2, T3, T4, T5> Quintuple<T1, T2, T3, T4, T5> of(
            T1 first, T2 second, T3 third, T4 fourth, T5 fifth) {
        return new Quintuple<>(first, second, third, fourth, fifth);
    }

    public T1 getFirst() {
        return first;
    }

    public T2 getSecond() {
        return second;
    }

    public T3 getThird() {
        return third;
    }

    public T4 getFourth() {
        return fourth;
    }

    public T5 getFifth() {
        return fifth;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Quintuple<?, ?, ?, ?, ?> that
                && Objects.equals(first, that.first)
                && Objects.equals(second, that.second)
                && Objects.equals(third, that.third)
                && Objects.equals(fourth, that.fourth)
                && Objects.equals(fifth, that.fifth);
    }

    @Override
    public int hashCode() {
        return Objects.hash(first, second, third, fourth, fifth);
    }

    @Override
    public String toString() {
        return "Quintuple" + Arrays.asList(first, second, third, fourth, fifth);
    }
}
