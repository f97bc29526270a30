namespace TransformerXL.Tensors.Cpu.Parallel;

/// <summary>Work that a <see cref="ThreadTeam"/> cuts into numbered tasks.</summary>
internal interface IParallelBody
{
    /// <summary>
    /// Does one task. Which worker does it varies from run to run, so that the result must depend on the task alone; the
    /// worker only names scratch memory.
    /// </summary>
    void Invoke(int task, int worker);
}
