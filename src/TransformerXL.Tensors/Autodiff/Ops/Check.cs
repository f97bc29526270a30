using System.Diagnostics.CodeAnalysis;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff.Ops;

/// <summary>Checks that name the operation, the argument and both sizes.</summary>
internal static class Check
{
    public static void Equal(string operation, string what, long actual, long expected)
    {
        if (actual != expected)
        {
            Throw(operation, what, actual, expected);
        }
    }

    public static void AtLeast(string operation, string what, long actual, long min)
    {
        if (actual < min)
        {
            Throw(operation, what, actual, $"at least {min}");
        }
    }

    public static void Shape(string operation, string what, Shape actual, Shape expected)
    {
        if (actual != expected)
        {
            Throw(operation, what, actual, expected);
        }
    }

    /// <summary>Checks that every index is from 0 to below the limit.</summary>
    public static void Below(string operation, string what, ReadOnlySpan<int> indices, int limit)
    {
        foreach (int index in indices)
        {
            if ((uint)index >= (uint)limit)
            {
                throw new ArgumentOutOfRangeException(nameof(indices), $"{operation}: {what} is {index}, but from 0 to below {limit} is needed");
            }
        }
    }

    [DoesNotReturn]
    private static void Throw<T, TExpected>(string operation, string what, T actual, TExpected expected) =>
        throw new ArgumentException($"{operation}: {what} is {actual}, but {expected} is needed");
}
