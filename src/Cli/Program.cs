Console.WriteLine("purelora");
