namespace TransformerXL.Cli.Terminals;

/// <summary>Finds out how the program was started, so that commands it proposes can be copied as they stand.</summary>
internal static class ProgramCall
{
    private const string Installed = "txl", Project = "TransformerXL.Cli.csproj";

    /// <summary><c>txl</c> for an installed tool, <c>dotnet run --project ... --</c> for one that was built from source.</summary>
    /// <param name="programFolder">Where the program lies: <c>PROJECT/bin/CONFIGURATION/FRAMEWORK</c> if it was built from source.</param>
    /// <param name="currentFolder">The folder that commands are given in.</param>
    public static string Find(string programFolder, string currentFolder)
    {
        DirectoryInfo? configuration = new DirectoryInfo(Path.TrimEndingDirectorySeparator(programFolder)).Parent;
        string? project = configuration?.Parent?.Parent?.FullName;
        if (project is null || !File.Exists(Path.Combine(project, Project)))
        {
            return Installed;
        }

        string choice = configuration!.Name == "Debug" ? "" : $"-c {configuration.Name} ";
        return $"dotnet run {choice}--project {Quote(Path.GetRelativePath(currentFolder, project))} --";
    }

    /// <summary>An argument as a shell wants it.</summary>
    public static string Quote(string argument) =>
        argument.Length > 0 && argument.All(symbol => char.IsLetterOrDigit(symbol) || symbol is '/' or '\\' or '.' or '-' or '_' or ':' or '~') ? argument : $"\"{argument}\"";
}
