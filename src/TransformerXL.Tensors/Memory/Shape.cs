using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace TransformerXL.Tensors.Memory;

/// <summary>The lengths of a tensor's axes, at most four, row-major: the last axis is contiguous.</summary>
public readonly record struct Shape
{
    // Counts below this, and their bytes, fit 64 bits with room to spare.
    private const double MaxElements = 1L << 60;

    private readonly int _d0, _d1, _d2, _d3;

    /// <summary>Creates a shape of one axis.</summary>
    public Shape(int d0) : this(1, d0, 1, 1, 1) { }

    /// <summary>Creates a shape of two axes.</summary>
    public Shape(int d0, int d1) : this(2, d0, d1, 1, 1) { }

    /// <summary>Creates a shape of three axes.</summary>
    public Shape(int d0, int d1, int d2) : this(3, d0, d1, d2, 1) { }

    /// <summary>Creates a shape of four axes.</summary>
    public Shape(int d0, int d1, int d2, int d3) : this(4, d0, d1, d2, d3) { }

    private Shape(int rank, int d0, int d1, int d2, int d3)
    {
        if ((d0 | d1 | d2 | d3) < 0)
        {
            ThrowNegative(d0, d1, d2, d3);
        }

        // Two factors below 2^30 cannot exceed the limit.
        ulong outer = (ulong)d0 * (uint)d1, inner = (ulong)d2 * (uint)d3;
        if ((outer | inner) >> 30 != 0 && (double)outer * inner > MaxElements)
        {
            ThrowTooLarge(d0, d1, d2, d3);
        }

        Rank = rank;
        (_d0, _d1, _d2, _d3) = (d0, d1, d2, d3);
    }

    private Shape(in Shape larger, int length)
    {
        this = larger;
        _d0 = length;
    }

    /// <summary>The number of axes, 0 to 4. Rank 0 is the empty shape of a tensor without elements.</summary>
    public int Rank { get; }

    /// <summary>The length of one axis.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The axis is negative or not below <see cref="Rank"/>.</exception>
    public int this[int axis]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            if ((uint)axis >= (uint)Rank)
            {
                ThrowAxis(axis, Rank);
            }

            return axis switch { 0 => _d0, 1 => _d1, 2 => _d2, _ => _d3 };
        }
    }

    /// <summary>The product of all axes; 0 for the empty shape.</summary>
    public long Count => Rank == 0 ? 0 : (long)_d0 * _d1 * _d2 * _d3;

    /// <summary>The length of the last axis: the number of elements of one contiguous row.</summary>
    public int Columns => Rank switch { 0 => 0, 1 => _d0, 2 => _d1, 3 => _d2, _ => _d3 };

    /// <summary>The product of all axes except the last: the number of contiguous rows.</summary>
    public int Rows => Columns == 0 ? 0 : Rank switch { 1 => 1, 2 => _d0, 3 => checked((int)((long)_d0 * _d1)), _ => checked((int)((long)_d0 * _d1 * _d2)) };

    /// <summary>The same shape with another length of the first axis.</summary>
    public Shape WithFirst(int length) => new(Rank, length, _d1, _d2, _d3);

    /// <summary>The number of elements of one row of the first axis.</summary>
    internal long Stride => Rank == 0 ? 0 : (long)_d1 * _d2 * _d3;

    /// <summary>The same shape with a first axis that is no longer than this one's.</summary>
    internal Shape Shortened(int length) => new(this, length);

    /// <summary>The same shape with another length of the last axis.</summary>
    /// <exception cref="InvalidOperationException">The shape has no axis.</exception>
    public Shape WithLast(int length) => Rank switch
    {
        1 => new(length),
        2 => new(_d0, length),
        3 => new(_d0, _d1, length),
        4 => new(_d0, _d1, _d2, length),
        _ => throw new InvalidOperationException("a shape without axes has no last axis"),
    };

    /// <summary>The shape with one more axis at the end.</summary>
    /// <exception cref="InvalidOperationException">The shape has four axes already.</exception>
    public Shape Append(int length) => Rank switch
    {
        0 => new(length),
        1 => new(_d0, length),
        2 => new(_d0, _d1, length),
        3 => new(_d0, _d1, _d2, length),
        _ => throw new InvalidOperationException($"the shape {this} has four axes, there is no room for one of {length} more"),
    };

    /// <summary>The shape as <c>(3, 4, 5)</c>.</summary>
    public override string ToString() => Rank switch
    {
        0 => "()",
        1 => $"({_d0})",
        2 => $"({_d0}, {_d1})",
        3 => $"({_d0}, {_d1}, {_d2})",
        _ => $"({_d0}, {_d1}, {_d2}, {_d3})",
    };

    [DoesNotReturn]
    private static void ThrowAxis(int axis, int rank) => throw new ArgumentOutOfRangeException(nameof(axis), $"axis {axis} of a shape with {rank} axes");

    [DoesNotReturn]
    private static void ThrowNegative(int d0, int d1, int d2, int d3) =>
        throw new ArgumentOutOfRangeException(nameof(d0), $"a shape has no negative axis, but got ({d0}, {d1}, {d2}, {d3})");

    [DoesNotReturn]
    private static void ThrowTooLarge(int d0, int d1, int d2, int d3) =>
        throw new ArgumentOutOfRangeException(nameof(d0), $"a shape holds at most 2^60 elements, but got ({d0}, {d1}, {d2}, {d3})");
}
