using TransformerXL.Tensors.Cpu.Elementwise;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.MatrixProduct;

/// <summary>Applies an <see cref="Epilogue"/> to a finished block of a product.</summary>
internal static unsafe class EpilogueKernel<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    public static void Apply(in MatrixProductArguments arguments, int row, int rows, int column, int columns)
    {
        ref readonly Epilogue epilogue = ref arguments.Epilogue;
        for (int i = row; i < row + rows; i++)
        {
            nint offset = (i * arguments.Stride) + column;
            float* c = arguments.C + offset;
            if (epilogue.Bias != null || epilogue.Activation == Activation.Relu)
            {
                AddBias(c, epilogue.Bias == null ? null : epilogue.Bias + column, columns, epilogue.Activation == Activation.Relu);
            }

            if (epilogue.Activation == Activation.Gelu)
            {
                ApplyGelu(c, epilogue.BeforeGelu == null ? null : epilogue.BeforeGelu + offset, columns);
            }

            if (epilogue.Dropout.IsActive)
            {
                DropoutKernel<TSimd, TVector>.Apply(epilogue.Dropout, ((long)i * arguments.Columns) + column, c, c, columns);
            }
        }
    }

    private static void ApplyGelu(float* c, float* before, int count)
    {
        if (before != null)
        {
            new Span<float>(c, count).CopyTo(new Span<float>(before, count));
        }

        GeluKernel<TSimd, TVector>.Apply(c, c, count);
    }

    private static void AddBias(float* c, float* bias, int count, bool relu)
    {
        TVector floor = relu ? TSimd.Zero : TSimd.Broadcast(float.NegativeInfinity);
        int i = 0;
        for (; i <= count - TSimd.Count; i += TSimd.Count)
        {
            TVector value = TSimd.Load(c + i);
            value = bias == null ? value : TSimd.Add(value, TSimd.Load(bias + i));
            TSimd.Store(c + i, TSimd.Max(floor, value));
        }

        for (; i < count; i++)
        {
            float value = c[i] + (bias == null ? 0 : bias[i]);
            c[i] = relu && value < 0 ? 0 : value;
        }
    }
}
