using TransformerXL.Testing.Cases;

namespace TransformerXL.Benchmarks;

/// <summary>A case by its number, so that only the process that measures it makes its values.</summary>
public sealed record MeasuredCase(int Index)
{
    public OpCase Value => OpCases.ForMeasurement[Index].Value;

    public override string ToString() => Value.Name;
}
