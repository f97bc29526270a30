namespace TransformerXL.Tensors.Cpu.Parallel;

/// <summary>Work that a <see cref="ThreadTeam"/> divides into numbered tasks.</summary>
internal interface IParallelBody
{
    /// <summary>
    /// Runs one task. The worker varies from run to run, so the result must depend on the task alone; the
    /// worker only selects scratch memory.
    /// </summary>
    void Invoke(int task, int worker);
}
