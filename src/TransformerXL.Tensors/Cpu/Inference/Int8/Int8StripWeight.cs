using TransformerXL.Tensors.Cpu.MatrixProduct;
using TransformerXL.Tensors.Cpu.Tiles;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Cpu.Inference.Int8;

/// <summary>A weight (out, in) in 8 bits, packed as <see cref="IInt8Unit"/> reads it, for products of few rows and of many.</summary>
internal sealed unsafe class Int8StripWeight
{
    private readonly NativeBuffer _strips;
    private readonly Tensor _scales, _corrections;
    private readonly int _depth;

    /// <summary>Rounds and packs a weight.</summary>
    public Int8StripWeight(Tensor weight)
    {
        (int outputs, _depth) = (weight.Shape[0], weight.Shape[1]);
        int padded = Blocking.Strips(outputs, TilePacking.StripLanes) * TilePacking.StripLanes, stride = Int8Packing.Steps(_depth) * Int8Packing.StepDepth;
        _strips = new NativeBuffer(Int8Packing.Bytes(outputs, _depth), zeroed: false);
        _scales = Tensor.Allocate(new Shape(padded));
        _corrections = Tensor.Allocate(new Shape(padded));
        NativeBuffer rows = new((long)TilePacking.StripLanes * stride);
        for (int first = 0; first < outputs; first += TilePacking.StripLanes)
        {
            int count = Math.Min(TilePacking.StripLanes, outputs - first);
            new Span<byte>(rows.Pointer + ((nint)count * stride), (TilePacking.StripLanes - count) * stride).Clear();
            for (int lane = 0; lane < count; lane++)
            {
                sbyte* row = (sbyte*)rows.Pointer + ((nint)lane * stride);
                _scales.Span[first + lane] = Int8Rows.RoundBytes(weight.Pointer + ((nint)(first + lane) * _depth), _depth, row, stride);
                Corrections(first)[lane] = Int8Packing.Offset * Int8Rows.Sum(row, stride);
            }

            Int8Packing.PackStrip((sbyte*)rows.Pointer, stride, Strip(first));
        }

        weight.KeepAlive();
        GC.KeepAlive(rows);
    }

    /// <summary>The first of the strips from a row on, the first one of a strip.</summary>
    public byte* Strip(int row) => _strips.Pointer + Int8Packing.Bytes(row, _depth);

    /// <summary>The scales of the rows from one on.</summary>
    public float* Scales(int row) => _scales.Pointer + row;

    /// <summary>The corrections that are subtracted from the sums, for the rows from one on; modulo 2^32 like the sums.</summary>
    public int* Corrections(int row) => (int*)_corrections.Pointer + row;
}
