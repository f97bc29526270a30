namespace TransformerXL.Tensors.Cpu.Optimizer;

/// <summary>The update of neighbouring values by an optimizer.</summary>
internal interface IUpdate
{
    /// <summary>Updates up to one vector of values, from <paramref name="at"/> on. Inlined: a call for each vector more than doubles the time.</summary>
    void Apply(nint at, int lanes);
}
