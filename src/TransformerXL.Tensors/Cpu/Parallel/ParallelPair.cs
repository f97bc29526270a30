namespace TransformerXL.Tensors.Cpu.Parallel;

/// <summary>The tasks of two bodies as those of one: the first <paramref name="firstTasks"/> belong to the first.</summary>
internal readonly struct ParallelPair<TBody>(TBody first, int firstTasks, TBody second) : IParallelBody
    where TBody : struct, IParallelBody
{
    public void Invoke(int task, int worker)
    {
        if (task < firstTasks)
        {
            first.Invoke(task, worker);
        }
        else
        {
            second.Invoke(task - firstTasks, worker);
        }
    }
}
