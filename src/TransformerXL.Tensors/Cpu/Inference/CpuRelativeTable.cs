using TransformerXL.Tensors.Cpu.RelativeAttention;
using TransformerXL.Tensors.Inference;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Cpu.Inference;

/// <summary>The rows of each head are contiguous.</summary>
internal sealed class CpuRelativeTable : RelativeTable
{
    private readonly Tensor _rows;

    // Two values of bfloat16 take the place of a float.
    private readonly int _rowFloats;

    /// <inheritdoc cref="CpuBackend.CreateRelativeTable"/>
    public unsafe CpuRelativeTable(Tensor rows, int heads, Precision precision = Precision.Float32, int after = 0)
        : base(rows, heads, precision, after)
    {
        _rowFloats = CpuKeyValueMemory.Padded(HeadSize) / CpuKeyValueMemory.ValuesPerFloat(StoredPrecision);
        _rows = Tensor.Allocate(new Shape(heads, Count + after, _rowFloats));
        for (int row = 0; row < (Count + after) * heads; row++)
        {
            float* source = rows.Pointer + ((nint)row * HeadSize);
            float* target = _rows.Pointer + (((((nint)row % heads) * (Count + after)) + (row / heads)) * _rowFloats);
            if (StoredPrecision == Precision.Bfloat16)
            {
                Bfloat16Rows.Narrow(source, (ushort*)target, HeadSize);
            }
            else
            {
                new ReadOnlySpan<float>(source, HeadSize).CopyTo(new Span<float>(target, HeadSize));
            }
        }

        rows.KeepAlive();
    }

    public override long Bytes => _rows.Count * sizeof(float);

    /// <summary>The rows from the distance keys - 1 on.</summary>
    public unsafe HeadRows From(int keys) =>
        new(_rows.Pointer + ((nint)(Count - keys) * _rowFloats), _rowFloats, 0, ((nint)Count + After) * _rowFloats);
}
