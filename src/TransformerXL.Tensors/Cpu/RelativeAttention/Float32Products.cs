using TransformerXL.Tensors.Cpu.Inference;
using TransformerXL.Tensors.Cpu.MatrixProduct;
using TransformerXL.Tensors.Cpu.Simd;

namespace TransformerXL.Tensors.Cpu.RelativeAttention;

/// <summary>The common part of products in float32 for all instruction sets.</summary>
internal static class Float32Products
{
    /// <summary>Depth of one packed block of scores.</summary>
    public const int DepthBlock = 256;
}

/// <summary>Products in float32; scores are right operands without packing.</summary>
internal readonly unsafe struct Float32Products<TSimd, TVector, TMicro> : IAttentionProducts
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
    where TMicro : struct, IMicroKernel
{
    public AttentionLayout Layout => AttentionLayout.Float32(TMicro.Rows);

    public void PackLeft(MatrixOperand source, int lanes, int depth, float* packed) => Packing.Pack(source, lanes, depth, TMicro.Rows, packed);

    public void PackRight(MatrixOperand source, int lanes, int depth, float* packed) => Packing.Pack(source, lanes, depth, TMicro.Columns, packed);

    public void PackStored(ushort* rows, nint stride, int count, int size, bool byKey, float* widened, float* packed)
    {
        Bfloat16Rows.Widen(rows, widened, stride * count);
        PackRight(byKey ? new MatrixOperand(widened, stride, 1) : new MatrixOperand(widened, 1, stride), byKey ? count : size, byKey ? size : count, packed);
    }

    public void ByKey(float* left, float* right, int first, int end, int queries, int size, float* scores, nint stride)
    {
        Strips strips = new(right + ((nint)first * size), TMicro.Columns, (nint)TMicro.Columns * size);
        MatrixProductKernel<TSimd, TVector, TMicro>.MultiplyStrips(queries, end - first, size, left, strips, scores + first, stride, accumulate: false);
    }

    public void ByComponent(
        float* scores, nint stride, int first, int end, int queries, float* right, int keys, int size, float* result, float* packed, bool accumulate)
    {
        for (int k = first; k < end; k += Float32Products.DepthBlock, accumulate = true)
        {
            int depth = Math.Min(Float32Products.DepthBlock, end - k);
            Packing.Pack(new MatrixOperand(scores + (k - first), stride, 1), queries, depth, TMicro.Rows, packed);
            Strips rows = new(right + ((nint)k * TMicro.Columns), TMicro.Columns, (nint)TMicro.Columns * keys);
            MatrixProductKernel<TSimd, TVector, TMicro>.MultiplyStrips(queries, size, depth, packed, rows, result, size, accumulate);
        }
    }

    public void AddTransposed(
        float* left, float* scores, nint stride, int first, int end, int queries, int size, float* gradient, nint gradientStride, float* packed)
    {
        Strips strips = new(scores, stride, TMicro.Columns);
        MatrixProductKernel<TSimd, TVector, TMicro>.MultiplyStrips(size, end - first, queries, left, strips, gradient + first, gradientStride, accumulate: true);
    }
}
