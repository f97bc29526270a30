namespace TransformerXL.Tensors.Cpu.Optimizer;

/// <summary>What an optimizer does to neighbouring values.</summary>
internal interface IUpdate
{
    /// <summary>Moves so many values, at most a vector of them, from <paramref name="at"/> on.</summary>
    void Apply(nint at, int lanes);
}
