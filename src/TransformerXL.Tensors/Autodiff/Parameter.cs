using System.Numerics;
using System.Runtime.InteropServices;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tensors.Cpu.Inference;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff;

/// <summary>A trained value. It owns its memory and that of its gradient, which is summed over backward passes until it is cleared.</summary>
public sealed class Parameter : Variable
{
    private readonly Lock _filling = new();
    private Action<Tensor>? _fill;
    private Tensor _bfloat16;

    /// <summary>Creates a parameter of zeros.</summary>
    /// <param name="name">The name in checkpoints.</param>
    /// <param name="shape">The axes.</param>
    /// <param name="role">Its role in the model; a matrix of a layer if null.</param>
    public Parameter(string name, Shape shape, ParameterRole? role = null)
        : this(name, Tensor.Allocate(shape), role ?? ParameterRole.Matrix())
    {
    }

    private Parameter(string name, Tensor value, ParameterRole role)
    {
        (Name, Value, Role) = (name, value, role);
        RequiresGradient = true;
    }

    /// <summary>
    /// The value. One that was deferred (<see cref="Defer"/>) is computed or read from its file here, at the first use; of one that is kept as bfloat16 (<see cref="KeepAsBfloat16"/>) a copy is made, and what is written to it is lost.
    /// </summary>
    public override Tensor Value
    {
        get => Volatile.Read(ref _fill) is null ? base.Value : Filled();
        internal set => (base.Value, _fill, _bfloat16) = (value, null, default);
    }

    internal override Tensor Stored => IsBfloat16 ? _bfloat16 : Value;

    /// <summary>Whether the value is kept as bfloat16 (<see cref="KeepAsBfloat16"/>).</summary>
    public bool IsBfloat16 => !_bfloat16.IsEmpty;

    /// <inheritdoc/>
    public override Shape Shape => base.Value.Shape;

    /// <summary>The name in checkpoints.</summary>
    public string Name { get; }

    /// <summary>Its role in the model.</summary>
    public ParameterRole Role { get; }

    /// <summary>Whether a backward pass has reached the parameter since the last <see cref="ClearGradient"/>.</summary>
    public bool HasGradient { get; internal set; }

    /// <summary>
    /// The largest magnitude of the value at the time when <see cref="PreparedWeights"/> took its memory, so that a model that computes numbers that are not finite can still be described: NaN if a value was NaN;
    /// null while the parameter has its value.
    /// </summary>
    public float? TakenMagnitude { get; private set; }

    /// <summary>A parameter without memory: for computing the sizes of a model, or for a value that is deferred.</summary>
    /// <param name="name">The name in checkpoints.</param>
    /// <param name="shape">The axes.</param>
    /// <param name="role">Its role in the model.</param>
    public static Parameter WithoutMemory(string name, Shape shape, ParameterRole role) => new(name, Tensor.WithoutMemory(shape), role);

    /// <summary>Gives the parameter a value that is computed or read at its first use, on any thread; until then it needs no memory. One that failed is tried again at the next use.</summary>
    /// <param name="fill">Writes all elements of the value, which are zero before.</param>
    public void Defer(Action<Tensor> fill)
    {
        ArgumentNullException.ThrowIfNull(fill);
        lock (_filling)
        {
            base.Value = Tensor.WithoutMemory(Shape);
            Volatile.Write(ref _fill, fill);
        }
    }

    /// <summary>Writes the value; one that was deferred and has not been used is not computed.</summary>
    /// <param name="fill">Writes all elements of the value.</param>
    public void Fill(Action<Tensor> fill)
    {
        ArgumentNullException.ThrowIfNull(fill);
        lock (_filling)
        {
            if (IsBfloat16)
            {
                Tensor value = Tensor.Allocate(Shape);
                fill(value);
                Round(value, _bfloat16);
                DropWidened();
                return;
            }

            if (_fill is null)
            {
                fill(base.Value);
                return;
            }

            _fill = fill;
        }

        Filled();
    }

    /// <summary>
    /// Keeps the value as bfloat16 from now on, rounded to nearest. <see cref="Value"/> is then a copy in float32, made at its first use; another call of this method and a step of an optimizer drop it. What is written to the copy is lost;
    /// <see cref="Fill"/> writes the value. The memory of the value in float32, and that of a copy, is freed when nothing refers to it any more.
    /// </summary>
    /// <exception cref="InvalidOperationException">The parameter has given its memory away (<see cref="RequireValue"/>).</exception>
    public void KeepAsBfloat16()
    {
        lock (_filling)
        {
            if (!IsBfloat16)
            {
                RequireValue();
                Tensor rounded = Tensor.AllocateBfloat16(Shape);
                Round(Value, rounded);
                _bfloat16 = rounded;
            }

            DropWidened();
        }
    }

    /// <summary>Copies elements of the value, in row-major order from one of them on, without the copy of a value in bfloat16 that <see cref="Value"/> would make.</summary>
    /// <param name="start">The first element.</param>
    /// <param name="destination">As many elements as are copied.</param>
    /// <exception cref="ArgumentOutOfRangeException">The elements are not all inside the value.</exception>
    /// <exception cref="InvalidOperationException">The parameter has no value, or has given its memory away (<see cref="RequireValue"/>).</exception>
    public void Read(long start, Span<float> destination)
    {
        RequireValue();
        Stored.Read(start, destination);
    }

    /// <summary>Rows of the value in float32, for a reader that keeps them: a view, or of a value that is kept as bfloat16 a copy of its own.</summary>
    /// <param name="first">The first row.</param>
    /// <param name="count">The number of rows.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rows are not all inside the value.</exception>
    public Tensor Rows(int first, int count)
    {
        if (!IsBfloat16)
        {
            return Value.Slice(first, count);
        }

        Tensor stored = _bfloat16.Slice(first, count), copy = Tensor.Allocate(stored.Shape);
        stored.Read(0, copy.Span);
        return copy;
    }

    /// <summary>Drops the copy in float32 of a value that is kept as bfloat16.</summary>
    internal void DropWidened()
    {
        lock (_filling)
        {
            if (IsWidened)
            {
                DeferWidened();
            }
        }
    }

    /// <summary>Whether a value that is kept as bfloat16 has a copy in float32 (<see cref="Value"/>).</summary>
    internal bool IsWidened => IsBfloat16 && _fill is null;

    private void DeferWidened() => Defer(value => Read(0, value.Span));

    private static unsafe void Round(Tensor value, Tensor rounded)
    {
        Bfloat16Rows.Narrow(value.Pointer, rounded.Bfloat16Pointer, (nint)value.Count);
        value.KeepAlive();
        rounded.KeepAlive();
    }

    /// <summary>
    /// Reads the value from the memory of another parameter from now on, so that two models share their weights while each has gradients of its own. Of a value that is kept as bfloat16 each has a copy in float32 of its own.
    /// </summary>
    /// <param name="other">A parameter of the same shape.</param>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    /// <exception cref="InvalidOperationException">The other parameter has given its memory away (<see cref="RequireValue"/>).</exception>
    public void ShareValue(Parameter other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.Shape != Shape)
        {
            throw new ArgumentException($"{Name} has the shape {Shape}, but {other.Name} has {other.Shape}", nameof(other));
        }

        if (other.IsBfloat16)
        {
            lock (_filling)
            {
                _bfloat16 = other._bfloat16;
                DeferWidened();
            }

            return;
        }

        other.RequireValue();
        Value = other.Value;
    }

    /// <summary>Gives the memory of the value to a caller; <see cref="Variable.Value"/> is empty afterwards.</summary>
    internal Tensor TakeValue()
    {
        Tensor value = Value;
        TakenMagnitude = LargestMagnitude(value.Span);
        Value = Tensor.WithoutMemory(value.Shape);
        return value;
    }

    /// <summary>Frees the memory of the value, which nothing else may read; <see cref="Variable.Value"/> is empty afterwards.</summary>
    public void FreeValue() => TakeValue().Owner?.Free();

    /// <summary>Requires that the parameter has its value still.</summary>
    /// <exception cref="InvalidOperationException">The memory of the value was given away; the message names the parameter.</exception>
    public void RequireValue()
    {
        if (!IsBfloat16 && Value.IsEmpty)
        {
            throw new InvalidOperationException($"{Name} has given its memory to the prepared weights of a session that owns the model; it cannot be used otherwise");
        }
    }

    /// <summary>Whether the gradient lies in memory of a step, which <see cref="ClearGradient"/> gives back.</summary>
    internal bool IsGradientLent { get; set; }

    /// <summary>Removes the gradient; the next backward pass starts from zero.</summary>
    public void ClearGradient()
    {
        HasGradient = false;
        if (IsGradientLent)
        {
            (Gradient, IsGradientLent) = (default, false);
        }
    }

    /// <summary>Gives the parameter a gradient of zeros.</summary>
    public void ZeroGradient()
    {
        if (Gradient.IsEmpty)
        {
            Gradient = Tensor.Allocate(Shape);
        }

        Gradient.Span.Clear();
        HasGradient = true;
    }

    /// <summary>Frees the memory of the gradient, which nothing else may read, unless it holds one.</summary>
    internal void FreeGradient()
    {
        if (!HasGradient)
        {
            Gradient.Owner?.Free();
            Gradient = default;
        }
    }

    private Tensor Filled()
    {
        lock (_filling)
        {
            if (_fill is { } fill)
            {
                Tensor value = Tensor.Allocate(Shape);
                fill(value);
                base.Value = value;
                Volatile.Write(ref _fill, null);
            }

            return base.Value;
        }
    }

    /// <summary>The largest magnitude; NaN if any value is: without the sign, the bits of numbers have their order, those of infinity come after them and those of NaN last.</summary>
    private static float LargestMagnitude(ReadOnlySpan<float> values)
    {
        ReadOnlySpan<int> bits = MemoryMarshal.Cast<float, int>(values);
        Vector<int> largest = Vector<int>.Zero, withoutSign = new(int.MaxValue);
        int i = 0;
        for (; i <= bits.Length - Vector<int>.Count; i += Vector<int>.Count)
        {
            largest = Vector.Max(largest, new Vector<int>(bits[i..]) & withoutSign);
        }

        int result = 0;
        for (int lane = 0; lane < Vector<int>.Count; lane++)
        {
            result = Math.Max(result, largest[lane]);
        }

        for (; i < bits.Length; i++)
        {
            result = Math.Max(result, bits[i] & int.MaxValue);
        }

        return BitConverter.Int32BitsToSingle(result);
    }
}
