using System.Diagnostics.CodeAnalysis;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Cpu.Inference;

namespace TransformerXL.Tensors.Memory;

/// <summary>
/// A contiguous row-major array of float32 in aligned native memory; that of a weight in training may hold bfloat16 (<see cref="IsBfloat16"/>). A tensor is a small value: copying it copies no
/// data. It is never disposed: memory from <see cref="Allocate"/> lives as long as a tensor refers to it, memory from an
/// <see cref="Arena"/> until the arena is reset.
/// </summary>
public readonly struct Tensor
{
    internal Tensor(NativeBuffer? owner, long offset, Shape shape, bool isBfloat16 = false) => (Owner, Offset, Shape, IsBfloat16) = (owner, offset, shape, isBfloat16);

    /// <summary>The lengths of the axes.</summary>
    public Shape Shape { get; }

    /// <summary>Whether the tensor refers to no memory, as for <c>default</c>.</summary>
    public bool IsEmpty => Owner is null;

    /// <summary>The number of elements.</summary>
    public long Count => Shape.Count;

    /// <summary>The elements in row-major order; none without memory.</summary>
    public Span<float> Span => Owner is null ? [] : IsBfloat16 ? throw new InvalidOperationException($"a tensor of shape {Shape} holds bfloat16, not float32") : Owner.Floats(Offset, checked((int)Shape.Count));

    /// <summary>Whether the elements are bfloat16, of 2 bytes. Products with it as their right operand, the rows of a table and Adam read it.</summary>
    internal bool IsBfloat16 { get; }

    /// <summary>The owner of the memory.</summary>
    internal NativeBuffer? Owner { get; }

    /// <summary>The first element, in bytes from the start of <see cref="Owner"/>; aligned unless the tensor is a row slice.</summary>
    internal long Offset { get; }

    /// <summary>Allocates zeroed memory that lives as long as a tensor refers to it.</summary>
    public static Tensor Allocate(Shape shape) => new(new NativeBuffer(shape.Count * sizeof(float)), 0, shape);

    /// <summary>Allocates zeroed memory of bfloat16.</summary>
    internal static Tensor AllocateBfloat16(Shape shape) => new(new NativeBuffer(shape.Count * sizeof(ushort)), 0, shape, isBfloat16: true);

    /// <summary>A shape without memory: <see cref="IsEmpty"/>, and nothing may be read or written.</summary>
    public static Tensor WithoutMemory(Shape shape) => new(null, 0, shape);

    /// <summary>Allocates a tensor of its own memory and copies the values.</summary>
    /// <exception cref="ArgumentException">The number of values differs from that of the shape.</exception>
    public static Tensor From(Shape shape, ReadOnlySpan<float> values)
    {
        if (values.Length != shape.Count)
        {
            throw new ArgumentException($"{values.Length} values do not fill a tensor of shape {shape}", nameof(values));
        }

        Tensor tensor = Allocate(shape);
        values.CopyTo(tensor.Span);
        return tensor;
    }

    /// <summary>The view of rows [start, start + count) of the first axis.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The rows are not all inside the tensor.</exception>
    public Tensor Slice(int start, int count)
    {
        int length = Shape[0];
        if ((uint)start > (uint)length || (uint)count > (uint)(length - start))
        {
            ThrowSlice(start, count, Shape);
        }

        return count == length ? this : new Tensor(Owner, Offset + (start * Shape.Stride * ElementBytes), Shape.Shortened(count), IsBfloat16);
    }

    /// <summary>The same memory seen with other axes.</summary>
    /// <exception cref="ArgumentException">The shapes hold different numbers of elements.</exception>
    public Tensor Reshape(Shape shape)
    {
        if (shape.Count != Shape.Count)
        {
            ThrowReshape(Shape, shape);
        }

        return new Tensor(Owner, Offset, shape, IsBfloat16);
    }

    /// <summary>Copies all elements into a tensor of the same number of elements.</summary>
    public void CopyTo(Tensor destination) => Span.CopyTo(destination.Reshape(Shape).Span);

    /// <summary>Copies elements from one of them on, in row-major order, as float32.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The elements are not all inside the tensor.</exception>
    internal unsafe void Read(long start, Span<float> destination)
    {
        Tensor part = Part(start, new Shape(destination.Length));
        if (!IsBfloat16)
        {
            part.Span.CopyTo(destination);
            return;
        }

        fixed (float* to = destination)
        {
            Bfloat16Rows.Widen(part.Bfloat16Pointer, to, destination.Length);
        }

        part.KeepAlive();
    }

    /// <summary>A view with a given shape that begins at one of the elements, in row-major order.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The elements are not all inside the tensor.</exception>
    internal Tensor Part(long start, Shape shape)
    {
        if (start < 0 || shape.Count > Count - start)
        {
            ThrowPart(start, shape, Shape);
        }

        return new Tensor(Owner, Offset + (start * ElementBytes), shape, IsBfloat16);
    }

    private int ElementBytes => IsBfloat16 ? sizeof(ushort) : sizeof(float);

    [DoesNotReturn]
    private static void ThrowSlice(int start, int count, Shape shape) => throw new ArgumentOutOfRangeException(
        nameof(start), $"rows {start} to {start + (long)count} are not all inside a tensor of shape {shape}");

    [DoesNotReturn]
    private static void ThrowPart(long start, Shape part, Shape shape) => throw new ArgumentOutOfRangeException(
        nameof(start), $"elements {start} to {start + part.Count} are not all inside a tensor of shape {shape}");

    [DoesNotReturn]
    private static void ThrowReshape(Shape from, Shape to) =>
        throw new ArgumentException($"a tensor of shape {from} ({from.Count} elements) cannot be seen as {to} ({to.Count} elements)", nameof(to));
}
