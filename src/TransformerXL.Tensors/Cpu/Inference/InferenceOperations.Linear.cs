using TransformerXL.Tensors.Cpu.Inference.Int8;
using TransformerXL.Tensors.Cpu.MatrixProduct;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Cpu.Inference;

/// <content>Products with weights.</content>
public static unsafe partial class InferenceOperations
{
    /// <summary>y = activation(x W^T + bias).</summary>
    /// <param name="backend">What computes.</param>
    /// <param name="input">x: (..., in).</param>
    /// <param name="weight">W: (out, in).</param>
    /// <param name="bias">(out), or empty.</param>
    /// <param name="output">y: (..., out), overwritten.</param>
    /// <param name="activation">Applied to every value.</param>
    /// <exception cref="ArgumentException">Shapes do not fit.</exception>
    public static void Linear(this CpuBackend backend, Tensor input, Tensor weight, Tensor bias, Tensor output, Activation activation = Activation.None)
    {
        LinearSizes sizes = new(input, weight.Shape[1], weight.Shape[0], bias, output);
        Linear(backend, sizes, Precision.Float32, weight.Pointer, weight.Pointer, null, activation);
        KeepAlive(input, weight, bias, output);
    }

    /// <summary>y = activation(x W^T + bias) in the precision of the weight, x rounded as W is.</summary>
    /// <param name="backend">What computes.</param>
    /// <param name="input">x: (..., in).</param>
    /// <param name="weight">W: (out, in).</param>
    /// <param name="bias">(out), or empty.</param>
    /// <param name="output">y: (..., out), overwritten.</param>
    /// <param name="activation">Applied to every value.</param>
    /// <exception cref="ArgumentException">Shapes do not fit.</exception>
    public static void Linear(
        this CpuBackend backend, Tensor input, InferenceWeight weight, Tensor bias, Tensor output, Activation activation = Activation.None)
    {
        ArgumentNullException.ThrowIfNull(weight);
        LinearPart(backend, input, weight, 0, weight.Outputs, bias, output, activation);
    }

    /// <summary>y = activation(x W^T + bias) with a weight that was packed before; the same bits as without.</summary>
    /// <param name="backend">What computes, with the instruction set that the weight was packed for.</param>
    /// <param name="input">x: (..., in).</param>
    /// <param name="weight">W: (out, in).</param>
    /// <param name="bias">(out), or empty.</param>
    /// <param name="output">y: (..., out), overwritten.</param>
    /// <param name="activation">Applied to every value.</param>
    /// <exception cref="ArgumentException">Shapes or instruction sets do not fit.</exception>
    public static void Linear(
        this CpuBackend backend, Tensor input, PackedWeight weight, Tensor bias, Tensor output, Activation activation = Activation.None)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(weight);
        if (weight.Isa != backend.Isa)
        {
            throw new ArgumentException($"linear: the weight was packed for {weight.Isa}, but the backend computes with {backend.Isa}", nameof(weight));
        }

        InferenceWeight source = weight.Source;
        LinearSizes sizes = new(input, source.Depth, source.Outputs, bias, output);
        Linear(backend, sizes, source.Precision, source.Row(0), source.Weight.Pointer, weight.Pointer, activation);
        KeepAlive(input, source.Weight, bias, output);
        GC.KeepAlive(weight);
    }

    /// <summary>With some rows of a weight only.</summary>
    private static void LinearPart(
        CpuBackend backend, Tensor input, InferenceWeight weight, int first, int count, Tensor bias, Tensor output, Activation activation)
    {
        LinearSizes sizes = new(input, weight.Depth, count, bias, output);
        if (weight.Precision == Precision.Int8)
        {
            Int8Arguments product = new()
            {
                Rows = sizes.Rows,
                Outputs = count,
                Depth = weight.Depth,
                Input = sizes.Input,
                Weight = weight,
                FirstOutput = first,
                Output = sizes.Output,
                Bias = sizes.Bias,
                Activation = activation,
            };
            backend.Kernels.Int8Product(product);
        }
        else
        {
            Linear(backend, sizes, weight.Precision, weight.Row(first), weight.Weight.Pointer + ((nint)first * weight.Depth), null, activation);
        }

        KeepAlive(input, weight.Weight, bias, output);
        GC.KeepAlive(weight);
    }

    /// <summary>Few rows read the weight as it is stored, many read it packed, or as float32 to pack it.</summary>
    private static void Linear(
        CpuBackend backend, in LinearSizes sizes, Precision precision, void* stored, float* weight, float* packed, Activation activation)
    {
        if (sizes.Rows <= FewRows)
        {
            // The rounded rows lie in scratch memory until the product has read them.
            using BackendUse use = precision == Precision.Bfloat16 ? backend.Enter() : default;
            FewRowsArguments few = new()
            {
                Rows = sizes.Rows,
                Outputs = sizes.Outer,
                Depth = sizes.Inner,
                InputStride = sizes.Inner,
                Input = precision == Precision.Bfloat16 ? RoundedInput(backend, sizes) : sizes.Input,
                Weight = stored,
                Precision = precision,
                Output = sizes.Output,
                Bias = sizes.Bias,
                Activation = activation,
            };
            backend.Kernels.FewRowsProduct(few);
            return;
        }

        MatrixProductArguments product = new()
        {
            Rows = sizes.Rows,
            Columns = sizes.Outer,
            Depth = sizes.Inner,
            Precision = precision,
            A = new MatrixOperand(sizes.Input, sizes.Inner, 1),
            B = new MatrixOperand(weight, 1, sizes.Inner),
            PackedB = packed,
            C = sizes.Output,
            Stride = sizes.Outer,
            Epilogue = { Bias = sizes.Bias, Activation = activation },
        };
        backend.Kernels.MatrixProduct(product);
    }

    /// <summary>A few rows rounded to bfloat16.</summary>
    private static float* RoundedInput(CpuBackend backend, in LinearSizes sizes)
    {
        int count = sizes.Rows * sizes.Inner;
        float* rounded = backend.SharedScratch(count);
        new ReadOnlySpan<float>(sizes.Input, count).CopyTo(new Span<float>(rounded, count));
        Bfloat16.Round(rounded, count);
        return rounded;
    }

    /// <summary>The sizes and addresses of a product, checked.</summary>
    private readonly struct LinearSizes
    {
        public LinearSizes(Tensor input, int inner, int outer, Tensor bias, Tensor output)
        {
            (Rows, Inner, Outer) = (input.Shape.Rows, inner, outer);
            Equal("linear", "the length of an input row", input.Shape.Columns, inner);
            Equal("linear", "the number of outputs", output.Count, (long)Rows * outer);
            Equal("linear", "the length of the bias", bias.IsEmpty ? outer : bias.Count, outer);
            Input = input.Pointer;
            Output = output.Pointer;
            Bias = bias.IsEmpty ? null : bias.Pointer;
        }

        public int Rows { get; }

        public int Inner { get; }

        public int Outer { get; }

        public float* Input { get; }

        public float* Output { get; }

        public float* Bias { get; }
    }
}
