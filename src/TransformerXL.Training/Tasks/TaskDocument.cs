namespace TransformerXL.Training.Tasks;

/// <summary>An example as tokens.</summary>
/// <param name="Ids">The tokens.</param>
/// <param name="Targets">The targets; the task says what a number means.</param>
internal readonly record struct TaskDocument(int[] Ids, int[] Targets);
